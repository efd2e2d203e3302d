/* Loads every module of src/, because coverage counts only loaded modules. Without this, a module that no test imports would not lower the
   coverage. */
import t from 'tap'
import { readSources } from './helpers/checkout.js'
import { deepTest } from './helpers/runs.js'

deepTest(t, 'every module loads by itself and has no side effects', async t => {
  for (const { path } of await readSources()) {
    const module = (await import(`../src/${path.replace(/\.ts$/, '.js')}`)) as object
    t.notOk('default' in module, `${path} loads`)
  }
})
