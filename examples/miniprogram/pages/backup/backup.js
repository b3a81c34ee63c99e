const config = require('../../config')
const i18n = require('../../utils/i18n')
const pictures = require('../../utils/pictures')
const service = require('../../utils/service')
const show = require('../../utils/show')
const { Line } = require('../../utils/line')

Page({
  data: {
    t: {},
    // Chosen: {key, path, name, size, detail, state: ready|waiting|sending|failed, progress, error}
    queue: [],
    ready: 0, // how many of them can be uploaded
    label: '', // of the button that does it; '' when there is nothing to do
    // Kept: {key, md5, sha256, name, detail, thumb, state: ''|saving|deleting, progress, error, again}
    items: [],
    next: '',
    loaded: false,
    loading: false,
    error: '',
  },

  onLoad() {
    this.uploads = new Line(config.parallel)
    this.downloads = new Line(config.parallel)
    this.tasks = {} // WeChat's tasks, by the key of what they carry
    this.files = {} // whole pictures that were fetched: temporary files by key
    this.thumbs = {} // small ones
    this.previews = {} // what was sent: temporary files by MD5
    this.count = 0
    this.setData({ t: i18n.group('backup') })
    wx.setNavigationBarTitle({ title: i18n.t('backup.title') })
    return this.reload()
  },

  onUnload() {
    Object.keys(this.tasks).forEach((key) => this.tasks[key].abort())
  },

  onPullDownRefresh() {
    return this.reload().then(() => wx.stopPullDownRefresh())
  },

  onReachBottom() {
    if (this.data.next) return this.load(this.data.next)
    return undefined
  },

  // ---- choosing ----

  onChoose() {
    return this.take(pictures.choose)
  },

  onChooseFromChat() {
    return this.take(pictures.chooseFromChat)
  },

  async take(choose) {
    try {
      const chosen = await choose()
      const added = chosen.map(({ path, name, size }) => {
        this.count += 1
        const key = `chosen-${this.count}`
        const calm = { state: 'ready', progress: 0, error: '' }
        return { key, path, name, size, detail: show.bytes(size), ...calm }
      })
      this.setQueue(this.data.queue.concat(added))
    } catch (error) {
      wx.showToast({ title: show.words(error), icon: 'none' })
    }
  },

  onViewChosen({ currentTarget: { dataset } }) {
    const paths = this.data.queue.map(({ path }) => path)
    pictures.view(this.find('queue', dataset.key).path, paths)
  },

  // ---- uploading ----

  onUpload() {
    return Promise.all(
      this.data.queue.filter(({ state }) => state === 'ready').map(({ key }) => this.send(key)),
    ).then((done) => this.sent(done))
  },

  onRetry({ currentTarget: { dataset } }) {
    return this.send(dataset.key).then((done) => this.sent([done]))
  },

  // True if it arrived. What did not stays, with the reason beside it.
  async send(key) {
    this.change('queue', key, { state: 'waiting', progress: 0, error: '' })
    try {
      if (!(await this.uploads.run(() => this.upload(key)))) return false
    } catch (error) {
      this.change('queue', key, { state: 'failed', error: show.words(error) })
      return false
    } finally {
      delete this.tasks[key]
    }
    this.setQueue(this.data.queue.filter((each) => each.key !== key))
    return true
  },

  async upload(key) {
    const chosen = this.find('queue', key)
    if (!chosen) return false // taken away while it waited
    this.change('queue', key, { state: 'sending' })
    const { md5 } = await service.backUp(chosen, this.watch('queue', key))
    this.previews[md5] = chosen.path // a thumbnail that need not be fetched
    return true
  },

  async sent(done) {
    const count = done.filter(Boolean).length
    if (!count) return
    show.toast(i18n.t('backup.uploaded', { count }))
    await this.reload()
  },

  // Before it is sent, or after it failed: take it from the list. On its way: stop it.
  onRemove({ currentTarget: { dataset } }) {
    const task = this.tasks[dataset.key]
    if (task) task.abort()
    else this.setQueue(this.data.queue.filter(({ key }) => key !== dataset.key))
  },

  // ---- what is kept ----

  reload() {
    return this.load('')
  },

  async load(next) {
    if (next && this.data.loading) return
    const turn = (this.turn = (this.turn || 0) + 1) // of several reloads, the last one counts
    this.setData({ loading: true, error: '' })
    try {
      const page = await service.backups(next)
      if (turn !== this.turn) return
      const known = next ? this.data.items : []
      const seen = new Set(known.map(({ key }) => key))
      const found = page.items.map((row) => this.toItem(row))
      const items = known.concat(found.filter(({ key }) => !seen.has(key)))
      this.setData({ items, next: page.next, loaded: true, loading: false })
      this.fetchThumbnails()
    } catch (error) {
      if (turn === this.turn) this.setData({ error: show.words(error), loading: false })
    }
  },

  onReload() {
    return this.load(this.data.items.length ? this.data.next : '')
  },

  toItem({ md5, sha256 = '', name, bytes, created }) {
    const key = sha256 || md5
    const detail = [show.bytes(bytes), show.moment(created)].filter(Boolean).join(' · ')
    const thumb = this.thumbs[key] || this.previews[md5] || ''
    const calm = { state: '', progress: 0, error: '', again: '' }
    return { key, md5, sha256, name, detail, thumb, ...calm }
  },

  // A private picture has no address that <image> could open, so small ones are downloaded. One that
  // fails stays grey: the picture itself is fetched when it is tapped.
  fetchThumbnails() {
    this.data.items
      .filter(({ thumb }) => !thumb)
      .forEach((item) => this.downloads.run(() => this.fetchThumbnail(item)).catch(() => {}))
  },

  async fetchThumbnail(item) {
    const { key } = item
    if (!this.find('items', key) || this.thumbs[key]) return
    this.thumbs[key] = await service.thumbnail(item)
    this.change('items', key, { thumb: this.thumbs[key] })
  },

  // The temporary file with the picture itself, fetched once, with its progress.
  async fetched(item) {
    const { key } = item
    if (this.files[key]) return this.files[key]
    this.change('items', key, { state: 'saving', progress: 0 })
    this.files[key] = await service.fetch(item, this.watch('items', key))
    return this.files[key]
  },

  onView({ currentTarget: { dataset } }) {
    return this.attempt(dataset.key, 'onView', async (item) => {
      const path = await this.fetched(item)
      pictures.view(path, this.data.items.map(({ key }) => this.files[key]).filter(Boolean))
    })
  },

  onSave({ currentTarget: { dataset } }) {
    return this.attempt(dataset.key, 'onSave', async (item) => {
      if (await pictures.saveToAlbum(await this.fetched(item))) show.toast(i18n.t('backup.saved'))
    })
  },

  onLongPress({ currentTarget: { dataset } }) {
    const { name } = this.find('items', dataset.key)
    return new Promise((resolve) => {
      wx.showModal({
        title: i18n.t('backup.deleteTitle'),
        content: i18n.t('backup.deleteText', { name }),
        confirmText: i18n.t('backup.delete'),
        cancelText: i18n.t('backup.cancel'),
        confirmColor: '#b51c2f',
        success: ({ confirm }) => {
          resolve(confirm ? this.onDelete({ currentTarget: { dataset } }) : undefined)
        },
        fail: () => resolve(),
      })
    })
  },

  onDelete({ currentTarget: { dataset } }) {
    return this.attempt(dataset.key, 'onDelete', async (item) => {
      this.change('items', item.key, { state: 'deleting' })
      await service.remove(item)
      this.setData({ items: this.data.items.filter(({ key }) => key !== item.key) })
      show.toast(i18n.t('backup.deleted'))
    })
  },

  // Do what was asked for last.
  onAgain(event) {
    return this[this.find('items', event.currentTarget.dataset.key).again](event)
  },

  // Do something with a kept picture; a failure is shown beside it, with the way to try again.
  async attempt(key, again, deed) {
    const item = this.find('items', key)
    if (!item || item.state) return // at it already
    this.change('items', key, { error: '', again })
    try {
      await deed(item)
    } catch (error) {
      this.change('items', key, { error: show.words(error) })
    } finally {
      delete this.tasks[key]
      this.change('items', key, { state: '' })
    }
  },

  // ---- the page's data ----

  find(list, key) {
    return this.data[list].find((each) => each.key === key)
  },

  // Change some fields of one entry, if it is still there.
  change(list, key, fields) {
    const index = this.data[list].indexOf(this.find(list, key))
    if (index < 0) return
    const data = {}
    Object.keys(fields).forEach((field) => {
      data[`${list}[${index}].${field}`] = fields[field]
    })
    this.setData(data)
    if (list === 'queue' && 'state' in fields) this.setQueue(this.data.queue)
  },

  setQueue(queue) {
    const ready = queue.filter(({ state }) => state === 'ready').length
    const busy = queue.some(({ state }) => state === 'waiting' || state === 'sending')
    const text = ready ? i18n.t('backup.upload', { count: ready }) : this.data.t.uploading
    this.setData({ queue, ready, label: ready || busy ? text : '' })
  },

  // Where a call tells of its task and its progress.
  watch(list, key) {
    return {
      onTask: (task) => {
        this.tasks[key] = task
        if (!this.find(list, key)) task.abort() // taken away before it could start
      },
      onProgress: (progress) => this.change(list, key, { progress }),
    }
  },
})
