// Writes the bank holidays of England and Wales as the pack's calendar resource.
//   node tools/bank_holidays.mjs > pack/england/calendar/bank-holidays-england-and-wales.yaml
// The rules (fixed days, substitutes, Easter) give the days of each year; `proclaimed` holds what royal proclamation moved or
// added. The resource lists dates only: that is what the engine reads, and what a person checks against GOV.UK.
// Raise VERSION whenever a date changes: running clocks are then recomputed, and each moved due date is logged.
const FIRST = 1995, LAST = 2045, VERSION = '2026.1'

const proclaimed = { // year: days taken away, days put in their place or added
  1995: { not: ['05-01'], add: [['05-08', 'Early May bank holiday (VE Day, 50 years)']] },
  1999: { not: [], add: [['12-31', 'Millennium Eve']] },
  2002: { not: ['05-27'], add: [['06-03', 'Golden Jubilee'], ['06-04', 'Spring bank holiday (moved)']] },
  2011: { not: [], add: [['04-29', 'Royal wedding']] },
  2012: { not: ['05-28'], add: [['06-04', 'Spring bank holiday (moved)'], ['06-05', 'Diamond Jubilee']] },
  2020: { not: ['05-04'], add: [['05-08', 'Early May bank holiday (VE Day, 75 years)']] },
  2022: { not: ['05-30'], add: [['06-02', 'Spring bank holiday (moved)'], ['06-03', 'Platinum Jubilee'], ['09-19', 'State funeral of Queen Elizabeth II']] },
  2023: { not: [], add: [['05-08', 'Coronation of King Charles III']] },
}

const day = (y, m, d) => new Date(Date.UTC(y, m - 1, d))
const plus = (date, n) => new Date(date.getTime() + n * 86400000)
const iso = date => date.toISOString().slice(0, 10)

function easter(y) { // Gregorian, the anonymous algorithm
  const a = y % 19, b = Math.floor(y / 100), c = y % 100, d = b >> 2, e = b % 4, g = Math.floor((8 * b + 13) / 25)
  const h = (19 * a + b - d - g + 15) % 30, i = c >> 2, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7
  const m = Math.floor((a + 11 * h + 19 * l) / 433), month = Math.floor((h + l - 7 * m + 90) / 25)
  return day(y, month, (h + l - 7 * m + 33 * month + 19) % 32)
}
const firstMonday = (y, m) => { let d = day(y, m, 1); while (d.getUTCDay() !== 1) d = plus(d, 1); return d }
const lastMonday = (y, m) => { let d = plus(day(y, m + 1, 1), -1); while (d.getUTCDay() !== 1) d = plus(d, -1); return d }

function year(y) {
  const days = new Map()
  const put = (date, title) => days.set(iso(date), title)
  const newYear = day(y, 1, 1), w = newYear.getUTCDay()
  put(plus(newYear, w === 6 ? 2 : w === 0 ? 1 : 0), w === 6 || w === 0 ? "New Year's Day (substitute)" : "New Year's Day")
  put(plus(easter(y), -2), 'Good Friday')
  put(plus(easter(y), 1), 'Easter Monday')
  put(firstMonday(y, 5), 'Early May bank holiday')
  put(lastMonday(y, 5), 'Spring bank holiday')
  put(lastMonday(y, 8), 'Summer bank holiday')
  const christmas = day(y, 12, 25), c = christmas.getUTCDay()
  put(c === 6 || c === 0 ? plus(christmas, 2) : christmas, c === 6 || c === 0 ? 'Christmas Day (substitute)' : 'Christmas Day')
  put(c === 5 || c === 6 ? plus(christmas, 3) : plus(christmas, 1), c === 5 || c === 6 ? 'Boxing Day (substitute)' : 'Boxing Day')
  for (const d of proclaimed[y]?.not ?? []) if (!days.delete(`${y}-${d}`)) throw new Error(`${y}-${d} was no holiday`)
  for (const [d, title] of proclaimed[y]?.add ?? []) days.set(`${y}-${d}`, title)
  return [...days].sort()
}

const quote = s => `"${s}"`
const out = []
out.push(`# Bank holidays in England and Wales, ${FIRST} to ${LAST}: requirements.md section 7 (rule 7 and its table), X clocks in working days.
# Written by tools/bank_holidays.mjs; the dates are data, so that a proclaimed day can be added here by hand as well: raise the version
# when one is. Published days 2015-2021 are compared in tests/unit/test_calendar.c; later years are to be checked against GOV.UK.
resourceType: CodeSystem
id: bank-holidays-england-and-wales
url: urn:calendar:england-and-wales
version: "${VERSION}"
name: BankHolidaysEnglandAndWales
title: Bank holidays in England and Wales
status: active
content: complete
extension:
  # What counts as a working hour (wh), and what "close" means. Local to the place: a pack that overrides this file may change it.
  - url: https://heed.example/fhir/StructureDefinition/office-hours
    extension:
      - {url: open, valueTime: "09:00:00"}
      - {url: close, valueTime: "17:00:00"}
concept:`)
for (let y = FIRST; y <= LAST; y++) for (const [d, title] of year(y)) out.push(`  - {code: ${quote(d)}, display: ${quote(title)}}`)
console.log(out.join('\n'))
