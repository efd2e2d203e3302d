import t from 'tap'
import { journaledServerOptions, serverSettingsOf } from '../../../../src/cli/options/journaled.js'
import { resolveOptions } from '../../../../src/cli/options/reading/resolve.js'

const journaled = { host: 'h', port: 9, user: 'u' }

const settings = (flags: Record<string, string> = {}, environment = {}) =>
  serverSettingsOf(
    resolveOptions(journaledServerOptions, {
      flags: new Map(Object.entries(flags).map(([name, text]) => [name, [text]])),
      environment,
      environmentPrefix: 'DDB_INGEST_',
      layers: [],
    }),
    journaled,
  )

t.test('what is not given is as the journal has it', async t => {
  t.match(settings(), { host: [{ host: 'h', port: 9 }], port: 9, user: 'u' })
  t.notOk('user' in serverSettingsOf({}, { host: 'h', port: 9 }))
})

t.test('flags and environment come before the journal', async t => {
  t.match(settings({ host: 'g:7,f' }), {
    host: [
      { host: 'g', port: 7 },
      { host: 'f', port: undefined },
    ],
    port: 9,
    user: 'u',
  })
  t.match(settings({ port: '7', user: 'v' }), { host: [{ host: 'h', port: 7 }], user: 'v' })
  t.match(settings({}, { DDB_HOST: 'e' }), { host: [{ host: 'e' }], port: 9 })
})
