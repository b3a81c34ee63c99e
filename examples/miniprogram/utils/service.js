// What the server can do for us. Each takes {onTask, onProgress} as its last argument.
const config = require('../config')
const api = require('./api')
const { authorized } = require('./auth')

const IMAGES = '/service/image'

// Two files can have one MD5; the SHA-256, where it is known, tells them apart.
const address = ({ md5, sha256 }) => `${IMAGES}?md5=${md5}${sha256 ? `&sha256=${sha256}` : ''}`

// The server tells no guest what guests have sent, so the phone remembers its own: newest first.
const NOTES = 'tuchuang-guest'

function notes() {
  return (wx.getStorageSync(NOTES) || []).filter(({ server }) => server === config.baseUrl)
}

function note(md5, entry) {
  if (config.login) return
  const rest = (wx.getStorageSync(NOTES) || []).filter(
    (each) => each.md5 !== md5 || each.server !== config.baseUrl,
  )
  wx.setStorageSync(NOTES, entry ? [{ ...entry, md5, server: config.baseUrl }, ...rest] : rest)
}

/** Keep a picture, to the last byte, for its owner alone. Gives {md5}. */
async function backUp({ path, name, size }, watch = {}) {
  const answer = await authorized((header) =>
    // WeChat sends the temporary file's name; the picture's own goes into a field.
    api.upload(IMAGES, {
      filePath: path,
      name: 'photo',
      formData: { filename: name },
      header,
      ...watch,
    }),
  )
  const [{ md5 }] = answer.data
  note(md5, { name, bytes: size, created: new Date().toISOString() })
  return { md5 }
}

/** One page of our backups, newest first: {items, next}; `next` is '' on the last one. */
async function backups(next = '', watch = {}) {
  if (!config.login) return { items: notes(), next: '' }
  const answer = await authorized((header) =>
    api.request(IMAGES + (next ? `?before=${encodeURIComponent(next)}` : ''), { header, ...watch }),
  )
  return { items: answer.data || [], next: answer.next || '' }
}

/** The path of a temporary file with the very bytes that were uploaded. `image`: {md5, sha256}. */
const fetch = (image, watch = {}) =>
  authorized((header) => api.download(address(image), { header, ...watch }))

/** The path of a temporary file with a small picture of it, for a list: at most 320 pixels wide. */
const thumbnail = (image) =>
  authorized((header) => api.download(`${address(image)}&w=320`, { header }))

/** Delete a backup. That it is gone already is as good. */
async function remove(image, watch = {}) {
  try {
    await authorized((header) => api.request(address(image), { method: 'DELETE', header, ...watch }))
  } catch (failure) {
    if (failure.kind !== 'missing') throw failure
  }
  note(image.md5, null)
}

/** Publish a post with its picture, in one request. Gives {msg, url}. */
async function publish(path, fields, watch = {}) {
  const answer = await authorized((header) =>
    api.upload('/tasks/create/', {
      filePath: path,
      name: 'photo',
      formData: fields,
      header,
      ...watch,
    }),
  )
  return answer.data
}

module.exports = { backUp, backups, fetch, publish, remove, thumbnail }
