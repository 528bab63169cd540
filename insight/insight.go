// Package insight is the statistics: what a journey earned against those whom it left alone, which variant is better and
// how sure that is, how many people it takes to know, and what each person wants next. It is pure: counts in, figures out.
// docs/measuring.md names the methods and their sources.
package insight
