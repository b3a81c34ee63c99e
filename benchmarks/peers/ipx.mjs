// ipx on a folder of pictures: node ipx.mjs NODE_MODULES FOLDER PORT
//
// `ipx serve` does the same, but cannot be told to heed the EXIF orientation.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [modules, dir, port] = process.argv.slice(2);
const { createIPX, createIPXNodeServer, ipxFSStorage } = await import(
  pathToFileURL(`${modules}/ipx/dist/index.mjs`).href
);
const ipx = createIPX({ storage: ipxFSStorage({ dir }), sharpOptions: { autoOrient: true } });
createServer(createIPXNodeServer(ipx)).listen(Number(port), "127.0.0.1");
