/** Run jobs, at most `width` at once, in the order in which they came. */
class Line {
  constructor(width) {
    this.width = width
    this.running = 0
    this.waiting = []
  }

  /** `job` gives a promise; so does this, with the same end. */
  run(job) {
    return new Promise((resolve, reject) => {
      this.waiting.push(() => {
        const next = () => {
          this.running -= 1
          this.next()
        }
        const done = Promise.resolve().then(job)
        done.then(resolve, reject)
        done.then(next, next)
      })
      this.next()
    })
  }

  next() {
    if (this.running >= this.width || !this.waiting.length) return
    this.running += 1
    this.waiting.shift()()
  }
}

module.exports = { Line }
