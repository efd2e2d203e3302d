/* The committed code of the kernel is what its source compiles to. */
import t from 'tap'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { kernelCodeText } from '../../scripts/kernel/build.js'
import { root } from '../helpers/checkout.js'

const compiler = new URL('scripts/kernel/node_modules/assemblyscript', root)
const skip = existsSync(compiler) ? false : 'the compiler of scripts/kernel is not installed'

t.test('src/kernel/kernel-code.ts is up to date', { skip }, async t => {
  const committed = await readFile(new URL('src/kernel/kernel-code.ts', root), 'utf8')
  t.equal(committed, await kernelCodeText(), 'run node scripts/kernel/build.js')
})
