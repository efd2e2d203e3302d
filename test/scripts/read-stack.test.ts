/* Stack traces of the package, which has short names and no source maps. A checkout of the same version translates them to lines of the
   sources. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { readStack } from '../../scripts/read-stack.js'
import { freePort } from '../helpers/free-port.js'
import { root } from '../helpers/checkout.js'
import { plainNode } from '../helpers/plain-node.js'
import { deepTest } from '../helpers/runs.js'

const run = promisify(execFile)

/** The output of a program that uses the library in the form that users install. */
async function printed(program: string): Promise<string> {
  const whole = `import * as library from ${JSON.stringify(new URL('dist/index.js', root).href)}\n${program}`
  return (await run(...plainNode(['--input-type=module', '-e', whole]))).stdout
}

deepTest(t, 'positions in the script become positions in the sources, all else stays', async t => {
  const port = await freePort()
  const stack = await printed(
    `await library.connect({ host: '127.0.0.1', port: ${port} }).catch(error => console.log(error.stack))`,
  )
  t.match(stack, /dist\/script\/main\.js:\d+:\d+/)
  const read = readStack(stack)
  t.match(read, /\(src\/client\/failure\.ts:\d+:\d+\)/)
  t.notMatch(read, /dist\//)
  t.match(read, /^ConnectionError: Nothing listens on /)
  const others = 'at f (node:net:1:2)\nat g (/home/me/app.js:3:4)\n'
  t.equal(readStack(others), others)
  const unknown = readStack('at f (/x/dist/script/no-SUCH.js:3:4)')
  t.match(unknown, /no-SUCH\.js:3:4 \(not of this version\)/)
})

deepTest(t, 'exported classes keep their names', async t => {
  const names = await printed(
    'for (const [name, one] of Object.entries(library)) if (/^[A-Z]/.test(name)) console.log(name, one.name)',
  )
  const lines = names.trimEnd().split('\n')
  t.ok(lines.includes('TableWriter TableWriter'))
  for (const line of lines) t.match(line, /^(\w+) \1$/)
})
