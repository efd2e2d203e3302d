import { readFile } from 'node:fs/promises'
import t from 'tap'
import { explanationsOf } from '../../../src/cli/commands/explain.js'
import { errorCodes } from '../../../src/errors.js'
import { root } from '../../helpers/checkout.js'
import { runMain } from '../run-cli.js'

t.test('every error code is explained, and every exit code of one', async t => {
  const known = explanationsOf(await readFile(new URL('docs/errors.md', root), 'utf8'))
  const codes = known.map(({ code }) => code)
  const wanted = [...Object.keys(errorCodes), ...Object.values(errorCodes).map(String)]
  t.strictSame(
    wanted.filter(code => !codes.includes(code)),
    [],
  )
  t.equal(new Set(codes).size, codes.length, 'each once')
  for (const { code, cells } of known) {
    t.ok(cells.length > 0 && cells.every(([head, text]) => head !== '' && text !== ''), code)
    t.notMatch(cells.map(([, text]) => text).join(), /`|\]\(/, `${code} is plain text`)
  }
})

t.test('a code is found in any case, and told with its exit code', async t => {
  const { code, stdout } = await runMain(['explain', 'ddb_input_cell'])
  t.equal(code, 0)
  t.match(stdout, /^DDB_INPUT_CELL\nexit: 65\nwhat it means, and what to do: A text that is not/)
  t.match((await runMain(['explain', '75'])).stdout, /^75\nmeaning: .*gave up for now\ngo on by: /)
})

t.test('a code that there is not is wrong usage, with the nearest one', async t => {
  const { code, stderr, stdout } = await runMain(['explain', 'DDB_INPUT_CEL'])
  t.equal(code, 64)
  t.equal(stdout, '')
  t.match(stderr, /no code is called "DDB_INPUT_CEL" \(did you mean DDB_INPUT_CELL/)
  t.equal((await runMain(['explain'])).code, 64)
})

t.test('pages are read row by row', async t => {
  const page =
    '| code | exit | text |\n|---|---|---|\n| `DDB_A` | 1 | see [b](c.md) \\| `d` |\n| x | 2 | |\n'
  t.strictSame(explanationsOf(page), [
    {
      code: 'DDB_A',
      cells: [
        ['exit', '1'],
        ['text', 'see b | d'],
      ],
    },
  ])
})
