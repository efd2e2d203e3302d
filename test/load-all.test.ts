/*
  Loads every module of src/, because coverage counts only what was loaded: without this, a module that no test imports
  would not lower the figure.
*/
import t from 'tap'
import { readSources } from './helpers/checkout.js'

t.test('every module loads by itself and has no side effects', async t => {
  for (const { path } of await readSources()) {
    const module = (await import(`../src/${path.replace(/\.ts$/, '.js')}`)) as object
    t.notOk('default' in module, `${path} loads`)
  }
})
