import { linkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { knownInputs } from '../../../src/load/journal/known-inputs.js'
import { systemFiles } from '../../../src/platform/system-files.js'

t.test('inputs are found under different names, each once', async t => {
  const dir = t.testdir({ 'a.csv': 'a', 'b.csv': 'b', 'c.csv': 'c', 'd.csv': 'd' })
  linkSync(join(dir, 'b.csv'), join(dir, 'hard.csv'))
  symlinkSync(join(dir, 'c.csv'), join(dir, 'soft.csv'))
  const at = (name: string): string => join(dir, name)
  const names = ['a.csv', at('b.csv'), 'c.csv', 'gone.csv']
  const paths = [at('soft.csv'), at('a.csv'), at('hard.csv'), at('d.csv')]
  const { places, added } = knownInputs(names, dir, paths, systemFiles)
  t.strictSame(
    [...places],
    [
      ['a.csv', at('a.csv')],
      [at('b.csv'), at('hard.csv')],
      ['c.csv', at('soft.csv')],
    ],
  )
  t.strictSame(added, [at('d.csv')])
})

t.test('equal paths mean the same input, wherever they lead', async t => {
  const { places, added } = knownInputs(['x.csv'], '/nowhere', ['x.csv', 'y.csv'], systemFiles)
  t.equal(places.size, 0)
  t.strictSame(added, ['y.csv'])
})
