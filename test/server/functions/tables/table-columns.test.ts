import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import { columnsText, testSession } from '../../../helpers/script.js'

t.test('columns are replaced and renamed', async t => {
  const { run, show, fail } = testSession()
  await run('t = table(09:34:07 09:36:42 as timestamp, `C`MS as sym, 49.6 29.5 as price)')
  const replaced = await run(
    'replaceColumn!(t, `price`timestamp, (int(t.price), minute(t.timestamp))); t',
  )
  t.equal(columnsText(replaced as Table), 'timestamp MINUTE, sym STRING, price INT')
  t.equal(await show('t'), '09:34m C 50;09:36m MS 30')
  t.equal(await show('t.rename!(`a`b); keys(t)'), '[a,b,price]')
  t.equal(await show('t.rename!(`price`b, `y`z); keys(t)'), '[a,z,y]')
  t.match(await fail('t.replaceColumn!(`y, 1 2 3)'), /same length. RefId:S02010$/)
  t.match(
    await fail('t.replaceColumn!(`a`y, (1 2 3))'),
    /must match the number of columns .* RefId:S05006$/,
  )
  t.match(await fail('t.replaceColumn!(`nope, 1 2 3)'), /nope/)
  t.match(await fail('t.rename!(`a`b`c`d`e)'), /more names/)
  t.match(await fail('t.rename!(`x`x)'), /S05017/)
})

t.test('the columns of a shared table stay', async t => {
  const { run, fail } = testSession()
  await run('share table(1 as a) as st')
  t.match(await fail('replaceColumn!(st, `a, 5)'), /shared table \[st\]/)
})
