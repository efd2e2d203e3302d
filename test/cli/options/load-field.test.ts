import t from 'tap'
import {
  longName,
  optionGroup,
  type OptionDefinition,
  fieldsOf,
} from '../../../src/cli/options/reading/definition.js'
import { loadOptions } from '../../../src/cli/options/load-options.js'
import { count, text } from '../../../src/cli/options/reading/readers.js'

const table = optionGroup('Run', {
  batchRows: {
    flags: '--batch-rows <n>',
    help: 'rows',
    reader: count(1),
    field: 'delivery.batchRows',
  },
  retries: { flags: '--retries <n>', help: 'tries', reader: count(0), field: 'delivery.retries' },
  runId: { flags: '--run-id <id>', help: 'name', reader: text, field: 'runId' },
  lock: { flags: '--lock <name>', help: 'no field', reader: text },
})

t.test('settings go to the fields of their options, and only those that were given', async t => {
  t.strictSame(fieldsOf(table, { batchRows: 5, retries: 0, runId: 'r', lock: 'l' }), {
    delivery: { batchRows: 5, retries: 0 },
    runId: 'r',
  })
  t.strictSame(fieldsOf(table, { lock: 'l' }), {})
})

t.test('the compiler refuses a field that does not exist or has another type', async t => {
  const definition = { flags: '--x <n>', help: '', reader: count(1) }
  // @ts-expect-error a count is not a function's name
  optionGroup('Run', { x: { ...definition, field: 'target.function' } })
  // @ts-expect-error there is no such field
  optionGroup('Run', { x: { ...definition, field: 'delivery.nothing' } })
  t.pass('tsc checks the two lines above')
})

t.test('no two options set the same field', async t => {
  const definitions = Object.values<OptionDefinition>(loadOptions)
  const fields = definitions.flatMap(({ field }) => field ?? [])
  t.ok(fields.length > 30)
  t.equal(new Set(fields).size, fields.length)
  t.equal(new Set(definitions.map(longName)).size, definitions.length)
})
