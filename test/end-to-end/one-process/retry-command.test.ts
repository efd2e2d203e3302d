/* `retry` loads repaired rejects. The user gives only the name of the file. */
import { chmod, chown, copyFile, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadResult } from '../../../src/load/options.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { cells } from '../../helpers/values.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { fileFlag, runMain, type FakeTerminals, type Outcome } from '../../cli/run-cli.js'

useTurnClock()

const script = 'share streamTable(100:0, `id`price`名, [INT, DOUBLE, STRING]) as prices'
const input = 'id;price;名\n1;1,5;a\nx;2,5;"b;b"\ny;3,5;c\n4;4,5;d\n'

async function scene(t: Test, text: string | Buffer = input, argv: readonly string[] = []) {
  const server = await startLoadServer(t, script)
  const folder = t.testdir({ own: {} })
  const port = String(server.server.port)
  await writeFile(join(folder, 'in.csv'), text)
  const path = join(folder, 'r.csv')
  const first = await runMain([
    'load',
    join(folder, 'in.csv'),
    ...['-t', 'prices', '--host', `127.0.0.1:${port}`, '--rejects', path, ...argv],
  ])
  const repair = async (change: (text: string) => string, name = path): Promise<void> =>
    writeFile(name, change(await readFile(name, 'latin1')), 'latin1')
  // The environment names another server: the rows belong to that of the reasons.
  const environment: Record<string, string> = {
    XDG_STATE_HOME: join(folder, 'state'),
    DDB_HOST: '127.0.0.1',
    DDB_PORT: '1',
  }
  const terminals: FakeTerminals = { environment }
  return {
    ...server,
    environment,
    folder,
    path,
    first,
    repair,
    retry: (...words: string[]): Promise<Outcome> =>
      runMain(['retry', ...(words.length === 0 ? [path] : words)], terminals),
    ids: async () => (await server.rows('select * from prices order by id')).map(([id]) => id),
  }
}

t.test('a repaired file is loaded with the options of its run', async t => {
  const { first, repair, retry, rows, path } = await scene(t, input, ['--decimal-comma', '-d', ';'])
  t.equal(first.code, 3)
  await repair(text => text.replace('x;', '2;').replace('y;', '3;'))
  const { code, stdout, stderr } = await retry()
  t.equal(code, 0, stderr)
  t.match(stdout, /^Loaded 2 rows into prices/)
  const stored = await rows('select * from prices order by id')
  t.strictSame(stored, cells('1,1.5,a', '2,2.5,b;b', '3,3.5,c', '4,4.5,d'))
  t.match(await retry(), { code: 0, stdout: /^Already loaded/ })
  await repair(text => text.replace('2;', '7;'))
  t.match(await retry(), { code: 64, stderr: /cannot continue: its input .* has changed/ })
  await rename(path, `${path}.moved`)
  await rename(`${path}.reasons.ndjson`, `${path}.moved.reasons.ndjson`)
  t.match(await retry(`${path}.moved`), {
    code: 64,
    stderr: /r\.csv\.moved" may already be loaded: .* as ".*r\.csv"\. .*--restart.*DDB_RUN_CHANGED/,
  })
  t.equal((await rows('select * from prices')).length, 4)
})

t.test('the environment changes no option of the run', async t => {
  const { repair, retry, rows, environment } = await scene(t, input, ['--decimal-comma', '-d', ';'])
  await repair(text => text.replace('x;', '2;').replace('y;', '3;'))
  const others = { NULL: '2', ON_ERROR: 'null', DECIMAL_COMMA: 'no', ENCODING: 'utf-16le' }
  for (const [name, text] of Object.entries(others)) environment[`DDB_INGEST_${name}`] = text
  environment['DDB_INGEST_TRANSFORM'] = 'def(t) { return select * from t where id = 3 }'
  t.match(await retry(), { code: 0, stdout: /^Loaded 2 rows/ })
  const stored = await rows('select * from prices where id in 2 3 order by id')
  t.strictSame(stored, cells('2,2.5,b;b', '3,3.5,c'))
})

t.test('a lost header or another delimiter is noticed even if columns may be missing', async t => {
  const loose = ['--ignore-extra', '--allow-missing', '--decimal-comma', '-d', ';']
  const { path, retry } = await scene(t, input, loose)
  const text = await readFile(path, 'utf8')
  const lost = { code: 65, stderr: /does not begin with its header \(id, price, 名\)/ }
  for (const edited of [text.slice(text.indexOf('\n') + 1), text.replaceAll(';', ',')]) {
    await writeFile(path, edited)
    t.match(await retry(), lost, edited)
  }
})

t.test('the table may have gained a column since the run', async t => {
  const { path, repair, retry, rows, session } = await scene(t)
  await repair(text => text.replace('x;', '2;').replace('y;', '3;'))
  await session.run('addColumn(prices, `more, INT)')
  t.match(await retry(), { code: 65, stderr: 'leave it null with --allow-missing' })
  t.match(await retry(path, '--allow-missing'), { code: 0 })
  const found = await rows('select id, more from prices where id in 2 3 order by id')
  t.strictSame(found, cells('2,', '3,'))
})

t.test('options from reasons that other users can write must be confirmed by the user', async t => {
  const { server, path, repair, retry, ids } = await scene(t)
  await repair(text => text.replace('x;', '2;').replace('y;', '3;'))
  const reasons = `${path}.reasons.ndjson`
  const address = `127.0.0.1:${server.port}`
  await chmod(reasons, 0o666)
  t.match(await retry(), {
    code: 64,
    stderr: new RegExp(
      `every user of this machine may have written ".*r\\.csv\\.reasons\\.ndjson", which sends the rows to ${address}, without a login: ` +
        `if that is right, confirm it with --host ${address} \\[DDB_USAGE\\]`,
    ),
  })
  const [first, ...others] = (await readFile(reasons, 'utf8')).split('\n')
  const told = JSON.parse(first!) as { run: { options: { server: Record<string, unknown> } } }
  const evil = { host: 'evil.example', user: 'admin', tls: true, caFile: '/tmp/evil ca.pem' }
  Object.assign(told.run.options.server, evil)
  await writeFile(reasons, [JSON.stringify(told), ...others].join('\n'))
  t.match(await retry(), {
    code: 64,
    stderr: new RegExp(
      `rows to evil\\.example:${server.port}, as user "admin": if that is right, confirm it with ` +
        `--host evil\\.example:${server.port} --user admin --ca-file '/tmp/evil ca\\.pem' `,
    ),
  })
  const expected = { code: 64, stderr: /confirm it with --user admin --ca-file/ }
  t.match(await retry(path, '--host', address), expected)
  t.strictSame(await ids(), ['1', '4'], 'nothing was sent')
  Object.assign(told.run.options.server, { host: '127.0.0.1', user: undefined, tls: undefined })
  delete told.run.options.server['caFile']
  await writeFile(reasons, [JSON.stringify(told), ...others].join('\n'))
  t.match(await retry(path, '--host', address), { code: 0 })
  t.strictSame(await ids(), ['1', '2', '3', '4'])
})

const asRoot = { skip: process.getuid?.() !== 0 && 'only root can give files away' }

t.test("options from another user's reasons must be confirmed, own ones not", asRoot, async t => {
  const { path, repair, retry } = await scene(t)
  await repair(text => text.replace('x;', '2;').replace('y;', '3;'))
  const reasons = `${path}.reasons.ndjson`
  await chown(reasons, 4711, 4711)
  t.match(await retry(), { code: 64, stderr: /user 4711 may have written/ })
  await chown(reasons, 0, 4711)
  await chmod(reasons, 0o660)
  t.match(await retry(), { code: 64, stderr: /users of group 4711 may have written/ })
  await chmod(reasons, 0o640)
  t.match(await retry(), { code: 0 })
})

t.test('detected settings are kept, even if the rejects look different', async t => {
  // Read without the settings of the run, the rejects would seem to have no header, one column and no decimal comma.
  const { repair, retry, rows, first } = await scene(t, '1;1,5;a\n2;2,5;b\nx;3;c\n', [
    '--match',
    'position',
  ])
  t.equal(first.code, 3, first.stderr)
  await repair(text => text.replace('x;3;c', '3;3,25;c,c'))
  t.equal((await retry()).code, 0)
  t.strictSame((await rows('select * from prices order by id'))[2], ['3', '3.25', 'c,c'])
})

t.test(
  'the run decides how many fields a record without a header has, not the first reject',
  async t => {
    const text = '1,1,a\n2,2,b,y\nx,3,c\n'
    const { repair, retry, ids } = await scene(t, text, ['--header', 'no', '--ignore-extra'])
    await repair(text => text.replace('x', '3'))
    t.match(await retry(), { code: 3, stderr: /line 1: expected 3 fields, got 4/ })
    t.strictSame(await ids(), ['1', '3'])
  },
)

t.test('inputs that are read differently have separate rejects files', async t => {
  const { retry, repair, rows, folder, server } = await scene(t, 'id;price;名\n1;1,5;a\n')
  const others = ['comma.csv', 'point.csv'].map(name => join(folder, name))
  await writeFile(others[0]!, 'id;price;名\n2;2,5;b\nx;3,5;c\n')
  await writeFile(others[1]!, 'id;price;名\n4;4.5;d\ny;5.5;e\n')
  const [first, second] = [join(folder, 'both.csv'), join(folder, 'both.2.csv')]
  const argv = ['-t', 'prices', '--host', `127.0.0.1:${server.port}`, '--rejects', first]
  t.equal((await runMain(['load', ...others, ...argv])).code, 3)
  await repair(text => text.replace('x;', '3;'), first)
  await repair(text => text.replace('y;', '5;'), second)
  t.equal((await retry(first)).code, 0)
  t.equal((await retry(second)).code, 0)
  const prices = (await rows('select * from prices order by id')).map(([, price]) => price)
  t.strictSame(prices, ['1.5', '2.5', '3.5', '4.5', '5.5'])
})

t.test('rows that fail again go to a separate file, which can be retried, too', async t => {
  const { repair, retry, ids, path, folder } = await scene(t)
  await repair(text => text.replace('x;', '2;'))
  const before = await readFile(path, 'utf8')
  const second = await retry(path, '--json')
  t.equal(second.code, 3, second.stderr)
  const again = join(folder, 'r.retry.csv')
  const expected = { rows: { read: 2, confirmed: 1, rejected: 1 }, rejects: { file: again } }
  t.match(JSON.parse(second.stdout) as LoadResult, expected)
  t.equal(await readFile(path, 'utf8'), before, 'the file being read is not written to')
  await repair(text => text.replace('y;', '3;'), again)
  t.equal((await retry(again)).code, 0)
  t.strictSame(await ids(), ['1', '2', '3', '4'])
})

t.test('a retry that loaded nothing can be repaired and retried', async t => {
  const { repair, retry, ids, folder } = await scene(t)
  t.equal((await retry()).code, 3, 'nothing was repaired')
  await repair(text => text.replace('x;', '2;').replace('y;', '3;'))
  t.equal((await retry()).code, 0)
  t.strictSame(await ids(), ['1', '2', '3', '4'])
  t.notOk((await readdir(folder)).includes('r.retry.csv'))
})

t.test('a retry that another machine has finished is not repeated', async t => {
  const { repair, retry, ids, path, folder } = await scene(t)
  const on = (machine: string) =>
    retry(path, '--state-dir', join(folder, machine), '--rejects', join(folder, `${machine}.csv`))
  t.equal((await on('a')).code, 3)
  t.equal((await on('b')).code, 3)
  await repair(text => text.replace('x;', '2;').replace('y;', '3;'))
  t.match(await on('a'), { code: 0, stdout: /^Loaded 2/ })
  t.match(await on('b'), { code: 0, stdout: /^Already loaded/ })
  t.strictSame(await ids(), ['1', '2', '3', '4'])
})

t.test('rows that were loaded from the rejects of a retry are not loaded again', async t => {
  const { retry, ids, path, folder } = await scene(t, 'id,price,名\n1,n/a,a\n2,n/a,b\n')
  t.equal((await retry()).code, 3)
  t.equal((await retry(join(folder, 'r.retry.csv'))).code, 3)
  t.match(await retry(join(folder, 'r.retry-2.csv'), '--null', 'n/a'), { code: 0 })
  t.match(await retry(path, '--null', 'n/a'), { code: 64, stderr: /other options: --null/ })
  t.match(await retry(), { code: 3, stdout: /^Already loaded/ })
  t.strictSame(await ids(), ['1', '2'])
})

t.test('options that the run did not have can be added', async t => {
  const { path, retry, rows } = await scene(t, 'id,price,名\n1,n/a,a\n2,2,b\n')
  t.equal((await retry(path, '--null', 'n/a')).code, 0)
  t.strictSame(await rows('select * from prices where isNull(price)'), [['1', '', 'a']])
})

t.test('the encoding is kept, unless the file was saved in a different encoding', async t => {
  const gbk = Buffer.concat([
    Buffer.from('id,price,'),
    Buffer.from([0xc3, 0xfb, 0x0a]),
    Buffer.from('x,1,'),
    Buffer.from([0xb9, 0xc9, 0xc6, 0xb1, 0x0a]),
  ])
  const { repair, retry, rows, path, first } = await scene(t, gbk, ['--encoding', 'gbk'])
  t.equal(first.code, 3, first.stderr)
  await repair(text => text.replace('x,', '1,'))
  await copyFile(path, `${path}.kept`)
  await writeFile(path, 'id,price,名\n1,1,股票\n')
  const choices =
    /seems to be UTF-8 now.* --encoding utf-8 if you saved it so, else .* --encoding gb/
  const expected = { code: 65, stderr: choices }
  t.match(await retry(), expected)
  await writeFile(path, '\uFEFFid,price,名\n1,1,股票\n', 'utf16le')
  t.match(await retry(), { code: 65, stderr: /utf-16le, .* give auto for --encoding/ })
  await copyFile(`${path}.kept`, path)
  t.equal((await retry()).code, 0)
  t.strictSame(await rows('select * from prices'), [['1', '1', '股票']])
})

t.test('a removed header is noticed, and a renamed column does not match', async t => {
  const position = await scene(t, input, ['--match', 'position'])
  await position.repair(text => text.replace(/^.*\n/, ''))
  t.match(await position.retry(), { code: 65, stderr: /does not begin with its header/ })
  const name = await scene(t)
  await name.repair(text => text.replace('price', 'cost'))
  t.match(await name.retry(), { code: 65, stderr: /no column "price"/ })
})

t.test('a file that cannot be retried gives an error and an object', async t => {
  const { path, retry, folder } = await scene(t)
  const held = await systemFiles.lock(`${path}.lock`)
  t.match(await retry(), { code: 75, stderr: /is still being written/ })
  if (held.kind === 'held') held.lock.release()
  t.match(await retry(path, '--rejects', path), { code: 64 })
  t.match(await retry('-'), { code: 64 })
  const other = await retry(join(folder, 'in.csv'), '--json')
  t.equal(other.code, 66)
  t.match(JSON.parse(other.stdout), { error: { code: 'DDB_INPUT_MISSING' } })
  await rm(path)
  t.match(await retry(), { code: 66, stderr: /there is no file/ })
})

t.test('no password is stored next to the rejects', async t => {
  const server = await startLoadServer(t, script)
  const folder = t.testdir({ 'in.csv': input })
  const host = `127.0.0.1:${server.server.port}`
  const load = ['load', join(folder, 'in.csv'), '-t', 'prices', '--host', host]
  const { code } = await runMain([...load, '--rejects', join(folder, 'r.csv')], {
    environment: { DDB_USER: 'admin', DDB_PASSWORD: '123456' },
  })
  t.equal(code, 3)
  const reasons = await readFile(join(folder, 'r.csv.reasons.ndjson'), 'utf8')
  t.match(reasons, /"user":"admin"/)
  t.notMatch(reasons, /123456/)
  t.strictSame((await readdir(folder)).sort(), ['in.csv', 'r.csv', 'r.csv.reasons.ndjson'])
})

t.test('no output file of the retry is one of its inputs', async t => {
  const { path, retry } = await scene(t)
  const reasons = `${path}.reasons.ndjson`
  const before = [await readFile(path), await readFile(reasons)]
  for (const option of ['--rejects', '--json', '--metrics-file', '--trace']) {
    for (const file of [path, reasons]) {
      const { code, stderr } = await retry(path, ...fileFlag(option, file))
      t.match({ code, stderr }, { code: 64, stderr: /an input of this run/ }, option)
    }
  }
  t.strictSame([await readFile(path), await readFile(reasons)], before)
})

for (const what of ['folder', 'pattern']) {
  t.test(`a run goes on although its rejects are in the ${what} of its inputs`, async t => {
    const { server, count } = await startLoadServer(t, script)
    const rows = '1,1.5,a\nx,2.5,b\n'
    const folder = t.testdir({ 'a.csv': `id,price,名\n${rows}`, 'b.csv': 'price,id,名\n3.5,y,c\n' })
    const inputs = what === 'folder' ? folder : join(folder, '*.csv')
    const terminals: FakeTerminals = { environment: { XDG_STATE_HOME: `${folder}-state` } }
    t.teardown(() => rm(`${folder}-state`, { recursive: true, force: true }))
    const argv = ['load', inputs, '-t', 'prices', '--host', `127.0.0.1:${server.port}`]
    const named = [...argv, '--rejects', join(folder, 'r.csv'), '--run-id', 'own']
    t.match(await runMain(named, terminals), { code: 3, stdout: /^Loaded 1 row / })
    t.match(await runMain(named, terminals), { code: 3, stdout: /^Already loaded/ })
    t.match(await runMain(['check', ...named.slice(1)], terminals), { code: 3 })
    t.match(await runMain(['resume', 'own'], terminals), { code: 3, stdout: /^Already loaded/ })
    await writeFile(join(folder, 'c.csv'), 'id,price,名\n4,4.5,d\n')
    t.match(await runMain(named, terminals), { code: 3, stdout: /^Loaded 1 row / })
    t.equal(await count('prices'), 2)
    t.match(await runMain(['audit', ...argv.slice(1)], terminals), {
      code: 3,
      stdout: /^complete: 4 rows read, 2 found in prices, 0 missing, 2 rejected/,
      stderr: /passed over [24] files \(rejects [24]\)/,
    })
    const files = (await readdir(folder)).filter(name => name.startsWith('r.'))
    const own = ['r.2.csv', 'r.2.csv.reasons.ndjson', 'r.csv', 'r.csv.reasons.ndjson']
    t.strictSame(files.sort(), own)
    t.match(await runMain([...argv, join(folder, 'r.csv'), ...named.slice(-4)], terminals), {
      code: 64,
    })
  })
}
