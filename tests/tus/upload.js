// Uploads a file with tus-js-client and tells what it saw, as JSON.

import { createReadStream } from 'node:fs';
import { Upload } from 'tus-js-client';

const { ENDPOINT, TOKEN, FILE, NAME, CHUNK, METHOD_OVERRIDE } = process.env;
const seen = { retries: 0, errors: [], url: null, headers: {} };

const upload = new Upload(createReadStream(FILE), {
  endpoint: ENDPOINT,
  headers: { Authorization: `Bearer ${TOKEN}` },
  chunkSize: CHUNK ? Number(CHUNK) : 4 * 1024 * 1024,
  metadata: { filename: NAME, filetype: 'image/png' },
  retryDelays: Array(60).fill(250),
  overridePatchMethod: Boolean(METHOD_OVERRIDE),
  onShouldRetry(error) {
    seen.retries += 1;
    seen.errors.push(String(error.message).slice(0, 300));
    return true;
  },
  onError(error) {
    throw error;
  },
  onSuccess({ lastResponse }) {
    seen.url = upload.url;
    for (const name of ['Upload-Image-Url', 'Upload-Image-Key', 'Upload-Offset']) {
      seen.headers[name] = lastResponse.getHeader(name);
    }
    process.stdout.write(JSON.stringify(seen));
  },
});

upload.start();
