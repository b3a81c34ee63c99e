const config = require('../config')
const { language, t } = require('./i18n')

// Return codes of /service/image.
const CODES = { '-1': 'missing', '-500': 'unauthorized', '-501': 'unauthorized' }
const STATUSES = { 401: 'unauthorized', 404: 'missing', 413: 'tooLarge', 415: 'unfit', 429: 'tooOften' }

/**
 * Why a call came to nothing. `kind` is one of: network, timeout, aborted, domain, login,
 * unauthorized, tooLarge, unfit, tooOften, missing, server, garbled, refused. `said` is the server's
 * own message, if it sent one.
 */
class Failure extends Error {
  constructor(kind, { status = 0, said = '', seconds = 0 } = {}) {
    super(said || kind)
    this.name = 'Failure'
    this.kind = kind
    this.status = status
    this.said = said
    this.seconds = seconds
  }
}

/** The failure that reached `fail`: no answer came. */
function ofFail({ errMsg = '' } = {}) {
  if (/abort/.test(errMsg)) return new Failure('aborted')
  if (/time(d)?[ -]?out/i.test(errMsg)) return new Failure('timeout')
  if (/domain list/.test(errMsg)) return new Failure('domain')
  return new Failure('network')
}

/**
 * The failure that an answer tells of, or null if all went well. WeChat calls `success` for every
 * answer, whatever its status. Understood are {result_code, message}, {error: 1, data: {msg}} (whose
 * msg is Chinese and says little) and {error: {code, message}}.
 */
function ofAnswer(status, body, header = {}) {
  const readable = typeof body === 'object' && body !== null
  const { result_code: code = 0, error = 0, message = '', data } = readable ? body : {}
  const refused = code !== 0 || Boolean(error)
  if (status >= 200 && status < 300 && !refused) {
    return readable ? null : new Failure('garbled', { status })
  }
  const kind = CODES[code] || STATUSES[status] || (status >= 500 ? 'server' : 'refused')
  const little = kind === 'refused' && language() === 'zh' && data && data.msg
  const said = String((error && error.message) || message || little || '')
  return new Failure(kind, { status, said, seconds: retryAfter(header) })
}

function retryAfter(header) {
  const name = Object.keys(header).find((key) => key.toLowerCase() === 'retry-after')
  return Number.parseInt(header[name], 10) || 0
}

/** What happened, for the person who wanted it. */
function describe(failure) {
  const { kind, status, said, seconds } = failure
  switch (kind) {
    case 'login':
    case 'refused':
    case 'tooLarge':
    case 'unfit':
      return said || t(`failure.${kind}`, { status })
    case 'tooOften':
      return seconds ? t('failure.tooOftenFor', { seconds }) : t('failure.tooOften')
    case 'unauthorized':
      return t(config.login ? 'failure.unauthorized' : 'failure.guest')
    case undefined:
      return t('failure.unknown')
    default:
      return t(`failure.${kind}`, { status })
  }
}

module.exports = { Failure, describe, ofAnswer, ofFail }
