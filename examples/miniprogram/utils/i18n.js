const texts = { zh: require('../i18n/zh'), en: require('../i18n/en') }

/** 'zh' for every kind of Chinese, else 'en'. */
function language() {
  const info = wx.getAppBaseInfo ? wx.getAppBaseInfo() : wx.getSystemInfoSync()
  return /^zh/i.test(info.language || 'zh') ? 'zh' : 'en'
}

/** The text of that key in the person's language, its {placeholders} filled in. */
function t(key, values = {}) {
  return texts[language()][key].replace(/\{(\w+)\}/g, (all, name) =>
    name in values ? String(values[name]) : all,
  )
}

/** The texts whose keys begin with `prefix.`, for a page's data: {{t.save}} is `prefix.save`. */
function group(prefix) {
  const all = texts[language()]
  const found = {}
  Object.keys(all).forEach((key) => {
    if (key.startsWith(`${prefix}.`)) found[key.slice(prefix.length + 1)] = all[key]
  })
  return found
}

/** app.json speaks Chinese; the tabs follow the person's language. */
function translateTabs(keys) {
  keys.forEach((key, index) => wx.setTabBarItem({ index, text: t(key), fail() {} }))
}

module.exports = { group, language, t, translateTabs }
