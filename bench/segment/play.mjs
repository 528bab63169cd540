// Signs somebody up and tracks what they do, with Segment's own client and nothing else.
// Usage: node play.mjs URL WRITE_KEY USER_ID ANONYMOUS_ID
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, userId, anonymousId] = process.argv.slice(2)
const analytics = new Analytics({ host, writeKey, flushAt: 20, maxRetries: 2 })
const failures = []
analytics.on('error', (e) => failures.push(e))

analytics.track({ anonymousId, event: 'landed', properties: { page: 'home' } })
analytics.identify({ userId, anonymousId, traits: { email: 'segment@example.com', first_name: 'Segment', timezone: 'Europe/Paris' } })
analytics.alias({ userId, previousId: anonymousId })
analytics.track({ userId, event: 'signed_up', properties: { plan: 'free' }, timestamp: new Date() })
analytics.page({ userId, name: 'Pricing', properties: { url: 'https://example.com/pricing' } })
analytics.group({ userId, groupId: 'household-1', traits: { name: 'Household' } })
analytics.screen({ userId, name: 'Player' })

await analytics.closeAndFlush({ timeout: 10_000 })
if (failures.length > 0) {
  console.error(failures)
  process.exit(1)
}
