const i18n = require('./utils/i18n')

App({
  onLaunch() {
    i18n.translateTabs(['backup.tab', 'post.tab'])
  },
})
