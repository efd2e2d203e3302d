import t from 'tap'
import { testSession } from '../../../helpers/script.js'

const printed: Readonly<Record<string, string>> = {
  '5': '5',
  '"text"': 'text',
  '1 2 3': '[1,2,3]',
  '`a`b': '["a","b"]',
  '(1, `a, 2 3)': '(1,"a",[2,3])',
  '1:2': '1 : 2',
  'set(1 2)': 'set(1,2)',
  'dict(1 2, 3 4)': '1->3\n2->4',
  'table(1 20 as id, `a`b as name)': 'id name\n-- ----\n1  a\n20 b',
  '1..4$2:2': '#0 #1\n-- --\n1  3\n2  4',
  sum: 'sum',
  'x->x+1': 'x->x+1',
  INT: 'INT',
  '(sum, 1)': '(sum,1)',
  'take(1, 200)': `[${'1,'.repeat(100)}...]`,
  'array(INT[],0).append!([1 2, 3])': '[[1,2],[3]]',
  'database("dfs://pr", VALUE, 1 2)': 'DB[dfs://pr]',
}

t.test('print sends values as the server shows them', async t => {
  for (const [value, text] of Object.entries(printed)) {
    const { session, run } = testSession()
    const lines: string[] = []
    session.print = line => lines.push(line)
    await run(`print(${value})`)
    t.same(lines, [text], value)
  }
})

t.test('a long table is printed by its first rows', async t => {
  const { session, run } = testSession()
  let text = ''
  session.print = line => (text = line)
  await run('print table(1..100 as x)')
  t.equal(text.split('\n').length, 33)
  t.match(text, /\n30\n\.\.\.$/)
})
