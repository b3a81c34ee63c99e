// wx.uploadFile, wx.downloadFile, wx.request and wx.login as promises. A promise is kept only if
// the answer is a good one; else it is broken with a Failure.
const config = require('../config')
const { Failure, ofAnswer, ofFail } = require('./failure')
const { language } = require('./i18n')

/**
 * Start the call; `onTask` gets WeChat's task, to abort it, and `onProgress` whole percents.
 * `path` is below the server's address.
 */
function start(method, path, { onTask, onProgress, header, ...options }) {
  return new Promise((resolve, reject) => {
    const task = wx[method]({
      timeout: config.timeout,
      ...options,
      url: config.baseUrl + path,
      header: { Accept: 'application/json', 'Accept-Language': language(), ...header },
      success: resolve,
      fail: (reason) => reject(ofFail(reason)),
    })
    if (!task) return // very old versions of WeChat give none
    if (onTask) onTask(task)
    if (onProgress && task.onProgressUpdate) {
      let last = -1
      task.onProgressUpdate(({ progress }) => {
        if (progress === last) return // each one costs a setData
        last = progress
        onProgress(progress)
      })
    }
  })
}

/** What a JSON answer holds; undefined if it is something else, a proxy's error page for example. */
function parse(data) {
  if (typeof data !== 'string') return data // wx.request has parsed it
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

function judge({ statusCode, data, header }) {
  const body = parse(data)
  const failure = ofAnswer(statusCode, body, header)
  if (failure) throw failure
  return body
}

/** POST one file with its form fields; the answer's body. `filePath`, `name`, `formData`. */
function upload(path, options) {
  return start('uploadFile', path, options).then(judge)
}

/** Any other request; the answer's body. `method`, `data`. */
function request(path, options = {}) {
  return start('request', path, options).then(judge)
}

/** GET a file; the path of the temporary file that holds it. */
function download(path, options = {}) {
  const header = { Accept: '*/*', ...options.header }
  return start('downloadFile', path, { ...options, header }).then((answer) => {
    // With another status, the file holds the error page.
    if (answer.statusCode === 200) return answer.tempFilePath || answer.filePath
    throw ofAnswer(answer.statusCode, undefined, answer.header)
  })
}

/** A code of wx.login, good for one exchange. */
function loginCode() {
  return new Promise((resolve, reject) => {
    wx.login({
      timeout: config.timeout,
      success: ({ code }) => (code ? resolve(code) : reject(new Failure('login'))),
      fail: () => reject(new Failure('login')),
    })
  })
}

module.exports = { download, loginCode, parse, request, upload }
