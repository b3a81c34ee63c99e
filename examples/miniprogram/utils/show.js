const { Failure, describe } = require('./failure')

/** What went wrong, in words for the person. */
const words = (error) => (error instanceof Failure ? describe(error) : error.message)

function bytes(number) {
  if (!number) return ''
  if (number < 1024) return `${number} B`
  const kilo = number / 1024
  return kilo < 1024 ? `${kilo.toFixed(0)} KB` : `${(kilo / 1024).toFixed(1)} MB`
}

/** An ISO time in the phone's own zone, to the minute. */
function moment(iso) {
  // Older iOS reads neither six digits of a second nor "+00:00".
  const tidy = String(iso || '').replace(/(\.\d{3})\d*/, '$1').replace(/\+00:00$/, 'Z')
  const time = new Date(tidy)
  if (Number.isNaN(time.getTime())) return ''
  const two = (number) => String(number).padStart(2, '0')
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-')
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`
}

const toast = (title, icon = 'success') => wx.showToast({ title, icon })

module.exports = { bytes, moment, toast, words }
