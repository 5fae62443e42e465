/* view: what each screen shows, as structs, and the functions that render them. Rendering is pure: no store, no clock, no access; all
 * words about time and people were made by the gatherer. So a screen can be tested, and looked at, from sample data.
 *
 * Rules every screen keeps: identity first; "Not recorded, ask" is not "none"; a sentence above every list says how many, in what
 * order, filtered how, what is not shown and when it was read; initials only in titles; opaque ids in addresses; no script needed.
 */
#ifndef HEED_WEB_VIEW_H
#define HEED_WEB_VIEW_H

#include "form/form.h"
#include "html/components.h"
#include "html/svg.h"

/* ---- the frame of every page ---- */

enum web_part { PART_NONE, PART_TODAY, PART_PEOPLE, PART_REFERRALS, PART_FEEDS };

/* Who this record is about: fixed order, at the top of every page about one person. */
struct banner {
	struct str href;    /* of the summary; "" on it */
	struct str name;    /* "REED, Maya" */
	struct str preferred;
	struct str born;    /* "12-Jun-2019 (7y 5m)" or "Not known" */
	struct str gender;
	struct str nhs;     /* "999 048 7723" or "Not known" */
	struct str notice;  /* "Died 12-Jan-2026", "Not yet born" or "" */
};

struct frame {
	struct str service; /* name of this installation */
	struct str title;   /* initials and task, never a name */
	bool error;         /* the title begins with "Error:" */
	bool logo;
	struct str user, role; /* "" before sign-in */
	struct str csrf;
	enum web_part part;
	bool part_is_page;  /* this page is the menu's own */
	bool show_people, show_referrals, show_feeds; /* menu: what this role has */
	const struct banner *banner;
	struct str done_heading, done_text; /* what was just saved; "" none */
	struct str printed; /* who, when, why: only on paper */
};

/* Opens html, head, body, header, banner and main; frame_close ends them. */
void frame_open(struct html *h, const struct frame *f);
void frame_close(struct html *h);

/* <form method="post"> with the CSRF token and, when there is one, the token that makes a second submit do nothing. */
void form_post_open(struct html *h, const struct frame *f, struct str action, struct str once);

/* ---- lists ---- */

struct list_line {
	size_t shown, total;
	struct str what;    /* "late or due today" */
	struct str order;   /* "most urgent first" */
	struct str filter;  /* "my team" */
	size_t hidden;      /* not shown to this role */
	struct str read;    /* 24-Nov-2026 09:12 */
	struct str again;   /* link that reads again */
	struct str id;
};
void list_line(struct html *h, const struct list_line *l);

struct choice {
	struct str value, text;
	bool chosen;
};
/* A filter's select. */
void filter_select(struct html *h, const char *name, const char *label, const struct choice *c, size_t n);

/* ---- sign-in ---- */

struct sign_in_view {
	struct str name, error, next; /* next: where to go after */
	struct str token; /* pre-session CSRF */
	bool timed_out;
};
/* A form sent when it could not be taken any more: nothing was saved, and the words are shown, so that none is lost. */
struct lost_field {
	struct str name, value;
};
struct words_view {
	struct str heading, text, href, link;
	const struct lost_field *words;
	size_t n;
};
void view_words_back(struct html *h, const struct frame *f, const struct words_view *v);
void view_sign_in(struct html *h, const struct frame *f, const struct sign_in_view *v);

/* ---- S1 Today ---- */

struct work_row {
	struct str when;
	const char *colour; /* of the tag */
	struct str person_href, person, person_facts, nhs; /* about nobody: person "" */
	struct str what, detail;
	struct str who;
	struct str next_href, next;
	struct str take;    /* address to post to when nobody has it, or "" */
	struct str why;     /* "why am I seeing this?" */
};

struct tile {
	size_t count;
	struct str text, href;
	bool late, chosen;
};

struct today_view {
	struct str heading;
	const struct tile *tiles;
	size_t tile_count;
	const struct choice *whose, *order;
	size_t whose_count, order_count;
	struct str filter; /* the tile chosen, kept by the filter form */
	struct list_line line;
	const struct work_row *rows;
	size_t n;
	struct str empty;
	const struct str *stale; /* feeds that have gone quiet */
	size_t stale_count;
	struct str next_page;
	struct str once;
};
void view_today(struct html *h, const struct frame *f, const struct today_view *v);

/* ---- one task ---- */

struct task_view {
	struct str id, title, detail, status, who, due, person, person_href, why;
	const char *colour;
	bool open, mine, nobody;
	struct str form_href, form_title; /* the form that answers it, or "" */
	struct str focus_href, focus_text;
	const struct choice *people; /* to give it to */
	size_t people_count;
	const struct choice *outcomes;
	size_t outcome_count;
	struct str outcome_words, outcome_error, give_error;
	const struct str *history; /* sentences, newest first */
	size_t history_count;
	struct str once;
};
void view_task(struct html *h, const struct frame *f, const struct task_view *v);

/* ---- S2 Find ---- */

struct found {
	struct str href, name, facts, nhs, address, carers, flags;
	bool restricted;
};

struct find_view {
	bool searched;
	struct str error;
	struct str read_as; /* "NHS number", "name and date of birth" */
	const struct found *people;
	size_t n;
	bool too_many;
	struct list_line line;
	const struct str *duplicates; /* "REED, Maya and REED, Maia have the same date of birth and postcode" */
	size_t duplicate_count;
};
void view_find(struct html *h, const struct frame *f, const struct find_view *v);

/* ---- S3 Person ---- */

struct flag_view {
	const char *weight; /* "act" "know" "help" */
	struct str title, todo, reason, owner, source, checked, review, why_href;
};

struct clock_view {
	struct str what, href, due, detail, why_href;
	const char *colour;
};

struct fact {
	struct str name, value, number; /* value "": not recorded; number is shown left to right */
	struct str ask_href;
};

struct entry {
	struct str id, date, when_more, gap; /* "21-Nov-2026"; "17:10, age 7y 5m"; "60 days since last concern" */
	struct str iso;
	int year;
	enum strip_lane lane;
	bool voice;
	struct str title, text, source, href, link, warning; /* warning: a red tag, "Not yet in writing" */
};

struct relative {
	int number;
	struct str name, href, facts, relation, home, responsibility, know;
};

struct action {
	struct str text, href;
	bool secondary;
};

struct person_view {
	struct str name; /* "Maya" */
	bool child;
	const struct flag_view *flags;
	size_t flag_count, more_flags, ended_flags;
	struct str flags_href;
	const struct action *actions;
	size_t action_count;
	size_t entry_total, relative_total;
	const struct str *fresh; /* new since last looked */
	size_t fresh_count;
	struct str last_looked;
	const struct clock_view *clocks;
	size_t clock_count;
	struct str words, words_about, words_href;
	size_t words_times;
	struct str ask_words_href;
	const struct fact *facts;
	size_t fact_count;
	struct strip strip;
	const struct choice *show, *from, *who, *order;
	size_t show_count, from_count, who_count, order_count;
	struct str self; /* address of this page, for the filter form */
	struct list_line line;
	const struct entry *entries;
	size_t n;
	struct str earlier_href;
	size_t earlier;
	struct family family;
	const struct relative *relatives;
	size_t relative_count;
	struct str family_ask;
	struct str opened; /* "You opened this record at 09:12 for direct care." */
	const struct str *seen; /* who looked last */
	size_t seen_count;
	struct str feed_warning;
};
void view_person(struct html *h, const struct frame *f, const struct person_view *v);

/* A list of flags, all of them, the ended ones too. */
struct flags_view {
	const struct flag_view *flags, *ended;
	size_t n, ended_count;
	struct str person;
};
void view_flags(struct html *h, const struct frame *f, const struct flags_view *v);

/* What is not recorded about somebody, to be asked. */
struct facts_form_view {
	struct str id, language, religion, phone, once;
	const struct choice *ethnicity;
	size_t ethnicity_count;
	struct str interpreter; /* "true" "false" or "" */
	struct str phone_error;
};
void view_facts_form(struct html *h, const struct frame *f, const struct facts_form_view *v);

/* ---- why may I, why do I ---- */

struct reason_view {
	struct str id; /* of the person, opaque */
	struct str next;
	const struct choice *reasons;
	size_t reason_count;
	struct str words, error, code_error, once;
};
void view_reason(struct html *h, const struct frame *f, const struct reason_view *v);

struct why_view {
	struct str title, finding;
	const struct str *sentences;
	size_t n;
	struct str back_href, back_text;
	struct str owner, due, state;
};
void view_why(struct html *h, const struct frame *f, const struct why_view *v);

/* ---- S4 Form ---- */

struct form_view {
	const struct form *form;
	struct str action;   /* where it is posted to */
	struct str draft;    /* where a draft is posted to by script, or "" */
	struct str once, back_href, back_text;
	const struct fact *known; /* shown, not asked */
	size_t known_count;
	const struct flag_view *flags;
	size_t flag_count;
	struct str draft_saved; /* "Draft of 24-Nov-2026 09:12, not filed" or "" */
	bool leaves; /* goes to another organisation: a page to check comes next */
	struct str today; /* 2026-11-24, for hints */
};
void view_form(struct html *h, const struct frame *f, const struct form_view *v);
void view_form_check(struct html *h, const struct frame *f, const struct form_view *v, const struct str *recipients, size_t n);

void view_forms(struct html *h, const struct frame *f, const struct action *forms, size_t n);

/* A filed response, read only. */
struct answers_view {
	struct str title, about;
	const struct form *form;
	struct str back_href;
};
void view_answers(struct html *h, const struct frame *f, const struct answers_view *v);

/* ---- S5 Referral thread ---- */

struct thread_item {
	struct str title, when, text, who, href, link;
	const char *state; /* "done" "wait" "late" */
	struct str tag;
	const char *colour;
};

struct referral_view {
	struct str number, person_href, person;
	const struct thread_item *items;
	size_t n;
	const struct clock_view *clocks;
	size_t clock_count;
	const struct action *actions;
	size_t action_count;
	const struct str *seen;
	size_t seen_count;
	struct str summary; /* "Sent in writing. Decision late." */
};
void view_referral(struct html *h, const struct frame *f, const struct referral_view *v);

struct referral_row {
	struct str href, person, facts, sent, state, due;
	const char *colour;
};
struct referrals_view {
	struct list_line line;
	const struct referral_row *rows;
	size_t n;
};
void view_referrals(struct html *h, const struct frame *f, const struct referrals_view *v);

/* ---- the rest ---- */

struct feed_row {
	struct str name, last, state;
	const char *colour;
};
struct feeds_view {
	const struct feed_row *feeds;
	size_t n;
	const struct work_row *errors;
	size_t error_count;
	struct list_line line;
	struct str once;
};
void view_feeds(struct html *h, const struct frame *f, const struct feeds_view *v);

struct error_view {
	int status;
	struct str heading, text, todo, request, back_href, back_text;
};
void view_error(struct html *h, const struct frame *f, const struct error_view *v);

/* Somebody else wrote first: both, side by side. */
struct conflict_view {
	struct str what, mine, theirs, theirs_who, add_action, back_href, once;
};
void view_conflict(struct html *h, const struct frame *f, const struct conflict_view *v);

void view_cover(struct html *h, struct str service);
void view_help(struct html *h, const struct frame *f, const struct fact *numbers, size_t n);
void view_accessibility(struct html *h, const struct frame *f);

/* Pieces that several screens share. */
void view_flag_list(struct html *h, const struct flag_view *flags, size_t n);
void view_clocks(struct html *h, const struct clock_view *clocks, size_t n);
void view_facts(struct html *h, const struct fact *facts, size_t n, const char *classes);
void text_or_ask(struct html *h, struct str value, struct str ask_href);

#endif
