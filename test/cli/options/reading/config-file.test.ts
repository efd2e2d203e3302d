import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  defaultConfigPath,
  readConfig,
  type ConfigScope,
} from '../../../../src/cli/options/reading/config-file.js'

const scope = (command = 'load'): ConfigScope => ({
  command,
  takesShared: command !== 'serve',
  known: new Map([
    ['load', new Set(['host', 'port', 'table', 'password-file'])],
    ['serve', new Set(['host', 'port'])],
  ]),
})

/** A folder for XDG_CONFIG_HOME that may hold a file of ours. */
async function home(t: Test, config?: unknown): Promise<{ XDG_CONFIG_HOME: string }> {
  const folder = t.testdir()
  if (config !== undefined) {
    await mkdir(join(folder, 'ddb-ingest'))
    await writeFile(join(folder, 'ddb-ingest', 'config.json'), JSON.stringify(config))
  }
  return { XDG_CONFIG_HOME: folder }
}

t.test('the file given comes before the one at home', async t => {
  const environment = await home(t, { port: 1 })
  const given = join(environment.XDG_CONFIG_HOME, 'given.json')
  await writeFile(given, '{"port": 2}')
  const layers = await readConfig(environment, given, scope())
  t.strictSame(
    layers.map(({ values }) => values),
    [{ port: 2 }, { port: 1 }],
  )
  t.equal(layers[0]!.path, given)
})

t.test('a command has a section of its own that wins over what all share', async t => {
  const environment = await home(t, {
    host: 'shared',
    load: { host: 'loader' },
    serve: { host: '127.0.0.1' },
  })
  const valuesFor = async (command: string): Promise<unknown[]> =>
    (await readConfig(environment, undefined, scope(command))).map(({ values }) => values)
  t.strictSame(await valuesFor('load'), [{ host: 'loader' }, { host: 'shared' }])
  t.strictSame(await valuesFor('serve'), [{ host: '127.0.0.1' }], "a client's host is not ours")
})

t.test("another command's section may count behind its own", async t => {
  const config = { host: 'shared', load: { table: 't' }, serve: { port: 7 } }
  const layers = await readConfig(await home(t, config), undefined, {
    ...scope('serve'),
    settingsOf: 'load',
  })
  t.strictSame(
    layers.map(({ values }) => values),
    [{ port: 7 }, { table: 't' }],
  )
})

t.test('a file that is missing at home is not a failure, a file that was named is', async t => {
  const environment = await home(t)
  t.strictSame(await readConfig(environment, undefined, scope()), [])
  t.strictSame(await readConfig({ XDG_CONFIG_HOME: '/dev/null' }, undefined, scope()), [])
  await t.rejects(readConfig(environment, join(environment.XDG_CONFIG_HOME, 'no.json'), scope()), {
    code: 'DDB_CONFIG',
    message: /no\.json \(ENOENT\)/,
  })
})

t.test('a file that is not an object of options is refused', async t => {
  const refused: [string, RegExp][] = [
    ['{', /is not JSON/],
    ['[]', /must hold one JSON object/],
    ['{"hots": 1}', /"hots" is not an option \(did you mean host/],
    ['{"load": {"prot": 1}}', /"load\.prot" is not an option \(did you mean port/],
    ['{"password": "secret"}', /password does not belong in a configuration file/],
  ]
  const folder = t.testdir()
  for (const [text, message] of refused) {
    const path = join(folder, 'c.json')
    await writeFile(path, text)
    const failure = { code: 'DDB_CONFIG', message }
    await t.rejects(readConfig({ XDG_CONFIG_HOME: folder }, path, scope()), failure, text)
  }
})

t.test('the file at home lies where the XDG specification says', async t => {
  t.equal(defaultConfigPath({ XDG_CONFIG_HOME: '/x' }), '/x/ddb-ingest/config.json')
  t.equal(defaultConfigPath({ HOME: '/h' }), '/h/.config/ddb-ingest/config.json')
  t.equal(
    defaultConfigPath({ HOME: '/h', XDG_CONFIG_HOME: 'relative' }),
    '/h/.config/ddb-ingest/config.json',
    'a relative folder would depend on where one stands',
  )
})
