// Sends a picture with PicGo, then removes it as PicGo's window does, and tells the link it had.

const [version, config, picture] = process.argv.slice(2);
const { PicGo } = require(require.resolve(version, { paths: [process.cwd()] }));

const picgo = new PicGo(config);

async function run() {
  const sent = await picgo.upload([picture]);
  if (sent instanceof Error) throw sent;
  const done = () => {
    process.stdout.write(`${sent[0].imgUrl}\n`, () => process.exit());
  };
  picgo.once('notification', done);
  // The plug-in parses the answer, which PicGo has parsed for it from 1.5 on, and stumbles over that.
  process.once('unhandledRejection', done);
  picgo.emit('remove', sent, {});
}

run().catch((error) => {
  process.stderr.write(`${error}\n`, () => process.exit(1));
});
