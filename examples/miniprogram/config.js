// The one file to change. README.md says what belongs into WeChat's console.
module.exports = {
  // Where Tuchuang is reached: https, no slash at the end.
  baseUrl: 'https://img.example.org',

  // true: everybody is logged in by wx.login (the server needs WECHAT_APPID and WECHAT_SECRET).
  // false: nobody is; then the server has to take guests (GUEST_UPLOADS, GUEST_DELETES).
  login: true,

  // How many uploads or downloads run at once. WeChat allows 10.
  parallel: 3,

  // Milliseconds until a request is given up. WeChat's own limit is 60 s as well (app.json).
  timeout: 60000,

  // Pictures taken at once; WeChat's picker allows 20.
  choose: 9,
}
