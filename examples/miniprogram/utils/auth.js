// Who we are: wx.login's code becomes a token of the server, which is kept.
const config = require('../config')
const api = require('./api')
const { Failure } = require('./failure')

const KEY = 'tuchuang'
const AGAINST_US = ['unauthorized', 'refused', 'missing'] // missing: the server has no such log-in

let pending = null // a log-in under way; calls that need it wait for the same one

function kept() {
  const held = wx.getStorageSync(KEY)
  return held && held.server === config.baseUrl ? held.token : ''
}

async function exchange() {
  const code = await api.loginCode()
  const answer = await api
    .request('/api/wechat/login', { method: 'POST', data: { code } })
    .catch((failure) => {
      throw AGAINST_US.includes(failure.kind) ? new Failure('login', failure) : failure
    })
  const { token } = answer.data || answer
  if (!token) throw new Failure('login')
  wx.setStorageSync(KEY, { server: config.baseUrl, token })
  return token
}

function login() {
  if (!pending) {
    const over = () => {
      pending = null
    }
    pending = exchange()
    pending.then(over, over)
  }
  return pending
}

/**
 * Call `send` with the header that says who we are. If the token has run out, log in again, once,
 * and call `send` a second time.
 */
async function authorized(send) {
  if (!config.login) return send({})
  const token = kept() || (await login())
  try {
    return await send({ Authorization: `Bearer ${token}` })
  } catch (failure) {
    if (failure.kind !== 'unauthorized') throw failure
    const renewed = kept() // by another call, while this one was under way
    const next = renewed && renewed !== token ? renewed : await login()
    return send({ Authorization: `Bearer ${next}` })
  }
}

/**
 * A number for the field `openid`, made once and kept. It tells the server who a guest is; of those
 * who are logged in, the token tells it.
 */
function identity() {
  const held = wx.getStorageSync(`${KEY}-identity`)
  if (held) return held
  const made = String(1e14 + Math.floor(Math.random() * 9e14))
  wx.setStorageSync(`${KEY}-identity`, made)
  return made
}

module.exports = { authorized, identity }
