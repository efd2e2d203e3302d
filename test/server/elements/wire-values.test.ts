import t from 'tap'
import { testSession } from '../../helpers/script.js'

t.test('a function travels as its name and what kind of function it is', async t => {
  const { run } = testSession()
  await run('def f(a, b) { return a + b }')
  t.match(await run('sum'), { type: 'FUNCTIONDEF', functionKind: 0, value: 'sum' })
  t.match(await run('f'), { type: 'FUNCTIONDEF', functionKind: 3, value: 'f' })
  t.match(await run('f{1}'), { type: 'FUNCTIONDEF', functionKind: 4 })
})
