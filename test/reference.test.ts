import { readFile, readdir } from 'node:fs/promises'
import t from 'tap'
import { referencePages } from '../scripts/reference.js'
import { root } from './helpers/checkout.js'

const folder = new URL('docs/reference/', root)
const pages = referencePages()

t.test('docs/reference matches the docstrings (node scripts/reference.js)', async t => {
  t.strictSame((await readdir(folder)).sort(), Object.keys(pages).sort())
  for (const [name, text] of Object.entries(pages)) {
    t.equal(await readFile(new URL(name, folder), 'utf8'), text, name)
  }
})

t.test('every function and class of the library has a docstring, and none is internal', async t => {
  const text = Object.values(pages).join('\n')
  const parts = text.split(/^## /m).filter(part => /^(Functions|Classes)/.test(part))
  const bare = parts.flatMap(part =>
    Array.from(part.matchAll(/^### (\w+)\n\n```ts$/gm), ([, name]) => name),
  )
  t.strictSame(bare, [])
  t.match(text, /^### connect$/m)
  t.notMatch(text, /#private|@internal/)
})
