import t from 'tap'
import { withFlags } from '../../../../src/cli/options/reading/field-flags.js'
import { readModules } from '../../../helpers/modules.js'

t.test('fields that the library names become flags; other backticks stay', async t => {
  t.equal(
    withFlags('`rejects.onError` quarantine needs `rejects.file`, or another `runId`'),
    '--on-error quarantine needs --rejects, or another --run-id',
  )
  t.equal(withFlags('`sym`price rejects.file `no.field`'), '`sym`price rejects.file `no.field`')
})

const flagInText = /['"`(\s]--[a-z-]{2,}(?![\w.-])/

t.test('the library names no flag, and every field that it names has one', async t => {
  const rooms = ['load', 'client', 'source', 'schema', 'parse', 'infer']
  const modules = (await readModules()).filter(({ room }) => rooms.includes(room))
  t.ok(modules.length > 30)
  const code = modules.map(({ path, text }) => ({
    path,
    text: text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, ''),
  }))
  t.strictSame(
    code
      .flatMap(({ path, text }) => text.split('\n').map(line => ({ path, line })))
      .filter(({ line }) => flagInText.test(line) && !line.includes('ddb-ingest '))
      .map(({ path }) => path),
    [],
  )
  const fields = code.flatMap(({ text }) =>
    Array.from(
      text.matchAll(
        /\\?`((?:rejects|delivery|target|input|mapping|cells|server|journal)\.[A-Za-z]+|runId|expect[RT]\w+)\\?`/g,
      ),
      m => m[1]!,
    ),
  )
  t.ok(fields.length > 10)
  t.strictSame(
    fields.filter(field => withFlags(`\`${field}\``) === `\`${field}\``),
    [],
  )
})
