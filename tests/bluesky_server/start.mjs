// Starts PLC, PDS, bsync and AppView in this process, as the packages' own TestNetwork does, without its moderation
// service. Told {folder, postgres, redis: {address, password}, jwtSecret, bypassKey} as JSON on standard input; writes
// {pds, plc, control} to ready.json in the folder when everything answers. `POST {control}` returns once the AppView
// has seen all that the PDS has written.
import './loopback.mjs'
import { rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

// The package's index would also load the moderation service, which package.json leaves out.
const devEnv = (name) => import(new URL(`./node_modules/@atproto/dev-env/dist/${name}.js`, import.meta.url))
const { TestPlc } = await devEnv('plc')
const { TestPds } = await devEnv('pds')
const { TestBsync } = await devEnv('bsync')
const { TestBsky } = await devEnv('bsky')
const { mockNetworkUtilities } = await devEnv('util')
const { default: getPort } = await devEnv('get-port')

const PATIENCE = 120_000 // milliseconds
const told = await json(process.stdin)

const plc = await TestPlc.create({})
const pdsPort = await getPort()
const bsyncApiKey = 'bsync-api-key'
const bsync = await TestBsync.create({ apiKeys: [bsyncApiKey], dbUrl: told.postgres, dbSchema: 'bsync' })
const bsky = await TestBsky.create({
  plcUrl: plc.url,
  pdsPort,
  bsyncApiKey,
  bsyncUrl: bsync.url,
  repoProvider: `ws://localhost:${pdsPort}`,
  dbPostgresUrl: told.postgres,
  dbPostgresSchema: 'appview',
})
// It takes events of different people side by side, and a reply taken before its parent is notified to nobody. In life
// there are seconds between the two and in tests there are not, so here they go one after another.
bsky.sub.current.runner.mainQueue.concurrency = 1
bsync.ctx.dataplaneClients = [bsky.ctx.dataplane]
const pds = await TestPds.create({
  port: pdsPort,
  didPlcUrl: plc.url,
  bskyAppViewUrl: bsky.url,
  bskyAppViewDid: bsky.ctx.cfg.serverDid,
  jwtSecret: told.jwtSecret,
  rateLimitsEnabled: true,
  rateLimitBypassKey: told.bypassKey,
  redisScratchAddress: told.redis.address,
  redisScratchPassword: told.redis.password,
})
mockNetworkUtilities(pds, bsky)

async function processAll() {
  await pds.processAll()
  const written = await pds.ctx.sequencer.curr()
  const end = Date.now() + PATIENCE
  while (written && !((await bsky.sub.getCursor()) >= written)) {
    if (Date.now() > end) throw new Error(`the AppView did not reach event ${written} in ${PATIENCE} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await bsky.sub.processAll()
  await bsky.bsyncSub.processAll(await bsync.getStreamHeads(), PATIENCE)
}

const control = createServer((request, response) => {
  request.resume()
  processAll().then(
    () => response.writeHead(204).end(),
    (error) => response.writeHead(500).end(String(error?.stack ?? error)),
  )
})
await new Promise((resolve) => control.listen(0, resolve))

const here = (url) => url.replace('localhost', '127.0.0.1')
const ready = { pds: here(pds.url), plc: here(plc.url), control: `http://127.0.0.1:${control.address().port}` }
await writeFile(`${told.folder}/ready.new`, JSON.stringify(ready))
await rename(`${told.folder}/ready.new`, `${told.folder}/ready.json`)
