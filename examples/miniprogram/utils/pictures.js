// The phone's side: choosing pictures, showing them, saving them to the album.
const config = require('../config')
const { t } = require('./i18n')

/** A name for a picture that WeChat gave none; the temporary file's name says nothing to anybody. */
function nameFor(path, now = new Date()) {
  const two = (number) => String(number).padStart(2, '0')
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-')
  const when = `${day} ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}`
  const extension = /\.(\w{2,5})$/.exec(path)
  return t('picture.unnamed', { when }) + (extension ? extension[0].toLowerCase() : '')
}

function toPicture({ tempFilePath, path, size, name, originalFileObj }, index) {
  const place = tempFilePath || path
  const given = name || (originalFileObj && originalFileObj.name) // WeChat on a computer has it
  const made = nameFor(place)
  return {
    path: place,
    size: size || 0,
    name: given || (index ? made.replace(/(\.\w+)?$/, ` (${index + 1})$1`) : made),
  }
}

// No picture, and no complaint, if the person only changed their mind.
function ask(method, options) {
  return new Promise((resolve, reject) => {
    wx[method]({
      ...options,
      success: ({ tempFiles }) => resolve(tempFiles.map(toPicture)),
      fail: ({ errMsg = '' }) =>
        /cancel/.test(errMsg)
          ? resolve([])
          : reject(new Error(t('picture.choose.failed', { reason: reasonOf(errMsg) }))),
    })
  })
}

const reasonOf = (errMsg) => errMsg.replace(/^\w+:fail:?\s*/, '') || '?'

/** Up to `count` pictures {path, name, size} from album or camera, untouched. */
function choose(count = config.choose) {
  const common = { count, sizeType: ['original'], sourceType: ['album', 'camera'] }
  return wx.chooseMedia
    ? ask('chooseMedia', { ...common, mediaType: ['image'] })
    : ask('chooseImage', common)
}

/** Up to `count` pictures from a chat, where they still have their names. */
function chooseFromChat(count = config.choose) {
  return ask('chooseMessageFile', { count, type: 'image' })
}

/** Show pictures of the phone on the whole screen. */
function view(current, urls) {
  wx.previewImage({ current, urls })
}

// Gives what WeChat says against it, or ''.
function save(filePath) {
  return new Promise((resolve) => {
    wx.saveImageToPhotosAlbum({
      filePath,
      success: () => resolve(''),
      fail: ({ errMsg = '?' }) => resolve(errMsg),
    })
  })
}

// Whether the person opened the album in the settings.

function allowed() {
  return new Promise((resolve) => {
    wx.showModal({
      title: t('backup.settingsTitle'),
      content: t('backup.settingsText'),
      confirmText: t('backup.settings'),
      cancelText: t('backup.cancel'),
      success: ({ confirm }) => {
        if (!confirm) return resolve(false)
        return wx.openSetting({
          success: ({ authSetting }) => resolve(Boolean(authSetting['scope.writePhotosAlbum'])),
          fail: () => resolve(false),
        })
      },
      fail: () => resolve(false),
    })
  })
}

/**
 * Save a temporary file to the album. Who once refused WeChat's question is led to the settings.
 * False if the person does not want it after all.
 */
async function saveToAlbum(filePath) {
  const refused = await save(filePath)
  if (!refused) return true
  if (/cancel/.test(refused)) return false
  const closed = /auth|denied|permission/i.test(refused)
  if (closed && !(await allowed())) return false
  const still = closed ? await save(filePath) : refused
  if (still) throw new Error(t('picture.save.failed', { reason: reasonOf(still) }))
  return true
}

module.exports = { choose, chooseFromChat, nameFor, saveToAlbum, view }
