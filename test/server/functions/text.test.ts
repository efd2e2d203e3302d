/*
  Manual, pages left, fromStdJson and print, "Details" and "Examples".
*/
import t from 'tap'
import { testExamples } from '../../helpers/examples.js'
import { testSession } from '../../helpers/script.js'

testExamples(t, {
  parts: {
    'left("hello", 2)': 'he',
    'left("hello", 99)': 'hello',
    'left(`abc`de, 1)': '[a,d]',
  },
})

testExamples(t, {
  'JSON becomes values': {
    'fromStdJson("[1, 2, 3]")': '[1,2,3]',
    'typestr(fromStdJson("[1, 2, 3]"))': 'FAST DOUBLE VECTOR',
    [String.raw`fromStdJson("\"\\u4e2d\\u6587\"")`]: '中文',
    [String.raw`fromStdJson("[1, null, false, [\"x\"]]")`]: '[1,,false,[x]]',
    [String.raw`d=fromStdJson("{\"1\": \"a\",\"0\": 5}"); d["1"]`]: 'a',
    'typestr(fromStdJson("null"))': 'VOID',
    'fromStdJson("true")': 'true',
    'fromStdJson("[]").size()': '0',
  },
})

const printed: Readonly<Record<string, string>> = {
  '5': '5',
  '"text"': 'text',
  '`a`b': '[a,b]',
  '(1, `a, 2 3)': '[1,a,[2,3]]',
  'dict(1 2, 3 4)': '1->3\n2->4',
  'table(1 20 as id, `a`b as name)': 'id name\n1 a\n20 b',
  sum: 'sum',
}

t.test('print sends values and the first rows of tables as text', async t => {
  for (const [value, text] of Object.entries(printed)) {
    const { session, run } = testSession()
    const lines: string[] = []
    session.print = line => lines.push(line)
    await run(`print(${value})`)
    t.same(lines, [text], value)
  }
})
