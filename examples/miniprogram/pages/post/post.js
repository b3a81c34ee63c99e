const i18n = require('../../utils/i18n')
const pictures = require('../../utils/pictures')
const service = require('../../utils/service')
const show = require('../../utils/show')
const { identity } = require('../../utils/auth')

const EMPTY = {
  title: '',
  content: '',
  tag: 0,
  date: '',
  time: '',
  number: '',
  reward: '',
  question: '',
  photo: null, // {path, name, size}
}

const WHOLE = /^\d*$/

Page({
  data: {
    t: {},
    tags: [],
    form: { ...EMPTY },
    open: false, // the lesser fields are shown
    errors: {}, // by the name of the field
    sending: false,
    progress: 0,
    label: '',
    error: '',
    result: null, // {title, url}
  },

  onLoad() {
    const t = i18n.group('post')
    this.setData({ t, tags: t.tags.split(',') })
    wx.setNavigationBarTitle({ title: t.title })
  },

  onUnload() {
    if (this.task) this.task.abort()
  },

  // A field's name is its data-name.
  onInput({ currentTarget: { dataset }, detail }) {
    this.setData({ [`form.${dataset.name}`]: detail.value, [`errors.${dataset.name}`]: '' })
  },

  onTag({ detail }) {
    this.setData({ 'form.tag': Number(detail.value) })
  },

  onMore() {
    this.setData({ open: !this.data.open })
  },

  async onChoose() {
    try {
      const [photo] = await pictures.choose(1)
      if (photo) this.setData({ 'form.photo': photo, 'errors.photo': '' })
    } catch (error) {
      this.setData({ 'errors.photo': show.words(error) })
    }
  },

  onView() {
    const { path } = this.data.form.photo
    pictures.view(path, [path])
  },

  faults({ title, content, photo, number, reward }) {
    const { t } = this.data
    const errors = {}
    if (!title.trim()) errors.title = t.noName
    if (!content.trim()) errors.content = t.noContent
    if (!photo) errors.photo = t.noPhoto
    if (!WHOLE.test(number)) errors.number = t['number.bad']
    if (!WHOLE.test(reward)) errors.reward = t['number.bad']
    return errors
  },

  async onSend() {
    if (this.data.sending) return
    const { form } = this.data
    const errors = this.faults(form)
    const open = this.data.open || Boolean(errors.number || errors.reward)
    this.setData({ errors, error: '', open })
    if (Object.keys(errors).length) return
    this.setData({ sending: true })
    this.tell(0)
    try {
      const { url } = await service.publish(form.photo.path, this.fields(form), {
        onTask: (task) => {
          this.task = task
        },
        onProgress: (progress) => this.tell(progress),
      })
      this.setData({ result: { title: form.title, url }, form: { ...EMPTY } })
      show.toast(this.data.t.done)
    } catch (error) {
      this.setData({ error: show.words(error) })
    } finally {
      this.task = null
      this.setData({ sending: false })
    }
  },

  tell(progress) {
    this.setData({ progress, label: i18n.t('post.sending', { progress }) })
  },

  // As the server names them. All travel with the picture, in one request.
  fields({ title, content, tag, date, time, number, reward, question, photo }) {
    return {
      openid: identity(),
      title: title.trim(),
      content: content.trim(),
      tag: this.data.tags[tag],
      limit_time: date ? `${date} ${time || '23:59'}:00` : '',
      limit_num: number,
      reward,
      problem_content: question.trim(),
      filename: photo.name, // WeChat sends the temporary file's name
    }
  },

  onBroken() {
    this.setData({ error: this.data.t.broken })
  },

  onViewResult() {
    const { url } = this.data.result
    pictures.view(url, [url])
  },

  onCopy() {
    wx.setClipboardData({
      data: this.data.result.url,
      success: () => show.toast(this.data.t.copied),
    })
  },

  onAgain() {
    this.setData({ result: null, error: '' })
  },
})
