/* fixtures/README.md gives the source and licence of every input. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { root } from './helpers/checkout.js'

const fixtures = fileURLToPath(new URL('fixtures/', root))

t.test('fixtures/README.md names every file of csv/, json/ and scripts/', async t => {
  const readme = await readFile(join(fixtures, 'README.md'), 'utf8')
  for (const folder of ['csv', 'json', 'scripts']) {
    for (const name of await readdir(join(fixtures, folder))) {
      t.ok(readme.includes(`\`${folder}/${name}\``), `${folder}/${name} is listed`)
      const { size } = await stat(join(fixtures, folder, name))
      t.ok(size < 500_000, `${folder}/${name} is small enough for a clone`)
    }
  }
})
