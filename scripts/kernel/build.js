/*
  Compiles src/kernel/assembly/kernel.ts into src/kernel/kernel-code.ts. The result is committed, because the compiler unpacks to
  100 MB (docs/decisions/0088-the-kernel.md).
    node scripts/prepare-checkout.js --tools scripts/kernel && node scripts/kernel/build.js
*/
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const options = ['--runtime', 'stub', '--importMemory', '--initialMemory', '1', '-O3', '--noAssert']
const features = ['--enable', 'simd', '--enable', 'bulk-memory']

/** @returns the text of src/kernel/kernel-code.ts; throws if the compiler is not installed */
export async function kernelCodeText() {
  const { main } = await import('assemblyscript/asc')
  const folder = mkdtempSync(join(tmpdir(), 'ddb-ingest-kernel-'))
  try {
    const source = join(root, 'src', 'kernel', 'assembly', 'kernel.ts')
    const outFile = join(folder, 'kernel.wasm')
    const { error, stderr } = await main([source, '--outFile', outFile, ...options, ...features])
    if (error) throw new Error(String(stderr), { cause: error })
    const code = readFileSync(outFile).toString('base64')
    return `/* assembly/kernel.ts, compiled by scripts/kernel/build.js. */\nexport const kernelCode: string =\n  '${code}'\n`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(root, 'src', 'kernel', 'kernel-code.ts'), await kernelCodeText())
}
