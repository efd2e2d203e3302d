/*
  Symbols with blanks at their ends: a load of a delimited file names the option that leaves the blanks out.
*/
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startLoadServer } from '../helpers/load-server.js'

const script = 'share streamTable(1:0, `id`sym`text, [INT,SYMBOL,STRING]) as target'

const inputs: readonly (readonly [name: string, text: string, trim: boolean, told: boolean])[] = [
  ['a.csv', 'id,sym,text\n1,A,x\n2, B,y\n3,C ,z\n', false, true],
  ['a.csv', 'id,sym,text\n1,A,x\n2, B,y\n', true, false],
  ['a.csv', 'id,sym,text\n1,A, x\n2,A B,y \n3,  ,z\n', false, false],
  ['a.json', '[{"id":1,"sym":" A","text":"x"}]', false, false],
]

for (const [name, text, trim, isTold] of inputs) {
  t.test(`${JSON.stringify(text)}, trimmed: ${trim}`, async t => {
    const { load } = await startLoadServer(t, script)
    const path = join(t.testdir(), name)
    writeFileSync(path, text)
    const { exitCode, notices } = await load(path, { target: { table: 'target' }, input: { trim } })
    t.equal(exitCode, 0)
    const told = notices.filter(notice => notice.includes('begin or end with blanks'))
    const expected =
      'column "sym": symbols begin or end with blanks, such as " B". `input.trim` leaves the blanks out'
    t.same(told, isTold ? [expected] : [])
  })
}
