/* Makes the fuzzing engine run on older systems. The engine is built for glibc 2.38 and a libstdc++ of that time. Debian 12 has glibc 2.36
   and lacks three functions that the engine calls. So this file marks the newer versions as optional in the installed engine, and a small
   library provides the functions. */
import { spawnSync } from 'node:child_process'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const newerVersions = ['GLIBC_2.38', 'GLIBCXX_3.4.32']
/** ELF constants: the section of needed versions, and the flag of a version that may be missing (`VER_FLG_WEAK`). */
const versionsNeeded = 0x6ffffffe
const mayBeMissing = 2

const standIns = `#include <stdlib.h>
long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
void _ZSt21ios_base_library_initv(void) {}
`

interface ReportHeader {
  readonly header: { readonly glibcVersionRuntime?: string }
}

/**
 * The environment in which the engine can be loaded on this machine.
 * @param packages the folder of installed packages
 * @param scratch a folder for the library
 * @throws {Error} if a C compiler is needed but missing
 */
export function engineEnvironment(packages: string, scratch: string): NodeJS.ProcessEnv {
  const { glibcVersionRuntime: version = '' } = (process.report.getReport() as ReportHeader).header
  const [, minor] = version.split('.').map(Number)
  if (process.platform !== 'linux' || minor === undefined || minor >= 38) return process.env
  allowMissing(
    join(packages, '@jazzer.js', 'fuzzer', 'prebuilds', `fuzzer-linux-${process.arch}.node`),
  )
  const library = join(scratch, 'stand-ins.so')
  const { status } = spawnSync('cc', ['-shared', '-fPIC', '-o', library, '-x', 'c', '-'], {
    input: standIns,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  if (status !== 0) throw new Error(`with glibc ${version} the engine takes a C compiler (cc)`)
  return { ...process.env, LD_PRELOAD: library }
}

/** Only the first call changes anything. */
function allowMissing(engine: string): void {
  const bytes = readFileSync(engine)
  const before = Buffer.from(bytes)
  const sections = sectionsOf(bytes)
  for (const { type, at, link } of sections) {
    if (type === versionsNeeded) markVersions(bytes, at, sections[link]!.at)
  }
  // Writes a new file, because another process may have mapped the old one.
  if (bytes.equals(before)) return
  writeFileSync(`${engine}.${process.pid}`, bytes)
  renameSync(`${engine}.${process.pid}`, engine)
}

interface Section {
  readonly type: number
  readonly at: number
  readonly link: number
}

/** The table of sections of a 64-bit little-endian ELF file. */
function sectionsOf(bytes: Buffer): readonly Section[] {
  const table = Number(bytes.readBigUInt64LE(0x28))
  const entryBytes = bytes.readUInt16LE(0x3a)
  return Array.from({ length: bytes.readUInt16LE(0x3c) }, (_, i) => {
    const entry = table + i * entryBytes
    return {
      type: bytes.readUInt32LE(entry + 4),
      at: Number(bytes.readBigUInt64LE(entry + 0x18)),
      link: bytes.readUInt32LE(entry + 0x28),
    }
  })
}

function markVersions(bytes: Buffer, start: number, names: number): void {
  for (let file = start, next = -1; next !== 0; file += next) {
    next = bytes.readUInt32LE(file + 12)
    let version = file + bytes.readUInt32LE(file + 8)
    for (let left = bytes.readUInt16LE(file + 2); left > 0; left--) {
      const name = names + bytes.readUInt32LE(version + 8)
      if (newerVersions.includes(bytes.toString('latin1', name, bytes.indexOf(0, name)))) {
        bytes.writeUInt16LE(bytes.readUInt16LE(version + 4) | mayBeMissing, version + 4)
      }
      version += bytes.readUInt32LE(version + 12)
    }
  }
}
