import t from 'tap'
import { longName, optionGroup, shortName } from '../../../../src/cli/options/reading/definition.js'
import { text } from '../../../../src/cli/options/reading/readers.js'

t.test('the names of an option stand in its flags', async t => {
  const cases: [flags: string, long: string, short: string | undefined][] = [
    ['-b, --batch-rows <n>', 'batch-rows', 'b'],
    ['--config <file>', 'config', undefined],
    ['-q, --quiet', 'quiet', 'q'],
    ['--no-color', 'no-color', undefined],
  ]
  for (const [flags, long, short] of cases) {
    t.equal(longName({ flags }), long)
    t.equal(shortName({ flags }), short)
  }
})

t.test('options of a group stand under its heading, and are as they were otherwise', async t => {
  const name = { flags: '--name <text>', help: 'what it is called', reader: text }
  t.strictSame(optionGroup('Run', { name }), { name: { ...name, group: 'Run' } })
})
