import { readFile, readdir } from 'node:fs/promises'
import t from 'tap'
import { referencePages } from '../scripts/reference.js'
import { makeDeclarations, root } from './helpers/checkout.js'
import { deepTest } from './helpers/runs.js'

deepTest(t, 'docs/reference matches the docstrings (node scripts/reference.js)', async t => {
  makeDeclarations()
  const folder = new URL('docs/reference/', root)
  const pages = referencePages()
  t.strictSame((await readdir(folder)).sort(), Object.keys(pages).sort())
  for (const [name, text] of Object.entries(pages)) {
    t.equal(await readFile(new URL(name, folder), 'utf8'), text, name)
  }
  const text = Object.values(pages).join('\n')
  const parts = text.split(/^## /m).filter(part => /^(Functions|Classes)/.test(part))
  const bare = parts.flatMap(part =>
    Array.from(part.matchAll(/^### (\w+)\n\n```ts$/gm), ([, name]) => name),
  )
  t.strictSame(bare, [], 'every function and class of the library has a docstring')
  t.match(text, /^### connect$/m)
  t.notMatch(text, /#private|@internal/, 'none is internal')
})
