// Sends a picture with PicGo, then removes it as its window does, and tells what became of both.

const [version, config, picture] = process.argv.slice(2);
const { PicGo } = require(require.resolve(version, { paths: [process.cwd()] }));

const picgo = new PicGo(config);

async function run() {
  const sent = await picgo.upload([picture]);
  if (sent instanceof Error) throw sent;
  const told = new Promise((resolve) => picgo.once('notification', resolve));
  picgo.emit('remove', sent, {});
  const { title } = await told;
  console.log(JSON.stringify({ link: sent[0].imgUrl, title }));
}

run().catch((error) => {
  console.log(error);
  process.exitCode = 1;
});
