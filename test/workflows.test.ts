/* .github/workflows. The commands must exist here, the tests must run on every Node that the package supports, and only a release may
   publish. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { root } from './helpers/checkout.js'

interface Workflow {
  on: { push: { tags?: string[] } }
  permissions: Record<string, string>
  jobs: Record<
    string,
    {
      permissions?: Record<string, string>
      strategy?: { matrix: { node: string[] } }
      steps: { run?: string; uses?: string }[]
    }
  >
}

const folder = new URL('.github/workflows/', root)
const workflows = new Map(
  readdirSync(folder).map(name => [
    name,
    parse(readFileSync(new URL(name, folder), 'utf8')) as Workflow,
  ]),
)
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  engines: { node: string }
  scripts: Record<string, string>
}

t.test('each command exists in the checkout', async t => {
  for (const [name, { jobs }] of workflows) {
    const commands = Object.values(jobs).flatMap(({ steps }) =>
      steps.flatMap(({ run }) => run ?? []),
    )
    for (const command of commands) {
      const [, script] = /^npm run (\S+)/.exec(command) ?? []
      if (script !== undefined) t.ok(manifest.scripts[script], `${name}: ${command}`)
      const [, file] = /^(?:node )?((?:scripts|\.ci)\/\S+)/.exec(command) ?? []
      if (file !== undefined) t.ok(existsSync(new URL(file, root)), `${name}: ${command}`)
      t.match(command, /^(npm (run|ci|pack|publish)|node scripts\/|\.ci\/run|test )/, name)
    }
  }
})

t.test('the oldest supported Node is tested, and newer ones', async t => {
  const versions = workflows.get('ci.yml')!.jobs['node']!.strategy!.matrix.node
  t.equal(manifest.engines.node, `>=${versions[0]}`)
  t.strictSame(versions.slice(1), ['22', '24', '26'])
})

t.test('only a tag publishes, with provenance; no other job may write', async t => {
  for (const [name, { on, permissions, jobs }] of workflows) {
    t.strictSame(permissions, { contents: 'read' }, name)
    const steps = Object.values(jobs).flatMap(({ steps }) => steps)
    const publishing = steps.filter(({ run }) => run?.includes('npm publish'))
    if (name !== 'release.yml') {
      t.strictSame(publishing, [], name)
      continue
    }
    t.strictSame(on, { push: { tags: ['v*'] } })
    t.equal(publishing.length, 1)
    t.match(publishing[0]!.run, '--provenance')
    t.ok(steps.some(({ uses }) => uses?.startsWith('actions/attest-sbom@')))
    t.match(jobs['publish']!.permissions, { 'id-token': 'write', attestations: 'write' })
  }
})
