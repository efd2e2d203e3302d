import t from 'tap'
import {
  checkExposure,
  checkServerOptions,
  readSettings,
  type ServerOptions,
} from '../../src/server/options.js'

t.test('options that can be', async t => {
  const most = Number.MAX_SAFE_INTEGER
  const accepted: ServerOptions[] = [
    {},
    { port: 0 },
    { port: 65_535 },
    { maxConnections: 1 },
    { maxConnections: 65_535 },
    { maxValueBytes: 1, maxRequestBytes: 1, maxTransactionBytes: 1 },
    { maxValueBytes: most, maxRequestBytes: most, maxTransactionBytes: most },
    { newValuePartitions: 'add' },
    { newValuePartitions: 'skip' },
    { newValuePartitions: 'fail' },
    { version: '1.30.22' },
    { version: '3.00.5.1', settings: { newValuePartitionPolicy: 'skip', maxPubConnections: 0 } },
    { host: '::' },
  ]
  for (const options of accepted) t.doesNotThrow(() => checkServerOptions(options))
})

t.test('options that cannot be are named', async t => {
  const refused: [name: string, values: unknown[]][] = [
    ['port', [-1, 65_536, 1.5, NaN, '8848']],
    ['maxConnections', [0, -1, 65_536, 1.5, Infinity]],
    ['maxValueBytes', [0, 0.5, 2 ** 53, NaN]],
    ['maxRequestBytes', [0, 0.5, 2 ** 53, NaN]],
    ['maxTransactionBytes', [0, 0.5, 2 ** 53, Infinity]],
    ['newValuePartitions', ['', 'ADD', null, 1]],
    ['version', ['', '3', '2.0', '2.00.10 ', 'v2.00.10', '2.00.x']],
    ['host', ['']],
  ]
  for (const [name, values] of refused) {
    for (const value of values) {
      const options = { [name]: value } as ServerOptions
      const error = { code: 'DDB_USAGE', message: new RegExp(`^${name} must`) }
      t.throws(() => checkServerOptions(options), error, `${name}: ${String(value)}`)
    }
  }
})

t.test('the initial password stays on this machine', async t => {
  const exposed = (host: string, password: string | undefined, options = {}): boolean => {
    try {
      checkExposure(host, password, options)
      return false
    } catch (error) {
      t.match(error, { code: 'DDB_CONFIG', message: /initial password/ })
      return true
    }
  }
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1']) {
    t.notOk(exposed(host, '123456'), host)
  }
  for (const host of [
    '0.0.0.0',
    '::',
    '192.168.1.1',
    'example.org',
    '1127.0.0.1',
    '127.0.0.1.org',
    '127.0.0',
    'localhost.org',
    '128.0.0.1',
  ]) {
    t.ok(exposed(host, '123456'), host)
    t.ok(exposed(host, '123456', { allowInitialPassword: false }), host)
    t.notOk(exposed(host, '123456', { allowInitialPassword: true }), host)
    t.notOk(exposed(host, 'another'), host)
    t.notOk(exposed(host, undefined), 'there is no admin any more')
  }
})

t.test('settings are read as a configuration file has them', async t => {
  const texts = {
    newValuePartitionPolicy: 'skip',
    maxPubConnections: '0',
    OLAPCacheEngineSize: '0.5',
    enableSharedVarCreationControl: 'true',
    persistenceDir: '',
  }
  t.strictSame(readSettings(texts), {
    newValuePartitionPolicy: 'skip',
    maxPubConnections: 0,
    OLAPCacheEngineSize: 0.5,
    enableSharedVarCreationControl: true,
    persistenceDir: '',
  })
  const refused: Record<string, string>[] = [
    { maxpubconnections: '0' },
    { toString: '0' },
    { maxPubConnections: '-1' },
    { maxPubConnections: '' },
    { dataSync: 'true' },
    { enableSharedVarCreationControl: '1' },
  ]
  for (const one of refused) {
    t.throws(() => readSettings(one), { code: 'DDB_USAGE', message: Object.keys(one)[0] })
  }
})
