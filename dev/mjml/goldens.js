// Writes what npm's mjml makes of each case in markup/testdata beside it. The tests in Go need no node.
const fs = require('fs')
const path = require('path')
const mjml = require('mjml')

const cases = path.join(__dirname, '..', '..', 'markup', 'testdata')
for (const name of fs.readdirSync(cases)) {
  const page = path.join(cases, name, 'page.mjml')
  if (!fs.existsSync(page)) continue
  const { html, errors } = mjml(fs.readFileSync(page, 'utf8'), { validationLevel: 'soft' })
  for (const e of errors) console.error(`${name}: ${e.formattedMessage}`)
  fs.writeFileSync(path.join(cases, name, 'generated.html'), html.replace(/[ \t]+$/gm, '').replace(/\n{2,}/g, '\n').trim() + '\n')
}
