#include "demo/names.h"

#include <stddef.h>

struct list {
	const char *const *names;
	size_t n;
};

#define LIST(a) {a, sizeof(a) / sizeof *(a)}

static const char *const girls_new[] = {"Olivia", "Amelia", "Isla", "Ava", "Lily", "Freya", "Florence", "Willow", "Evie", "Poppy", "Elsie", "Grace", "Daisy", "Ruby",
					"Phoebe", "Sienna", "Millie", "Rosie", "Maya", "Ellie", "Harper", "Matilda", "Chloe", "Erin", "Layla", "Jessica", "Molly", "Eva", "Lottie", "Darcie"};
static const char *const boys_new[] = {"Noah", "George", "Arthur", "Leo", "Oliver", "Harry", "Theo", "Jack", "Alfie", "Archie", "Luca", "Freddie", "Oscar", "Charlie",
				       "Henry", "Tommy", "Finley", "Joshua", "Logan", "Mason", "Ethan", "Jacob", "Riley", "Max", "Toby", "Dylan", "Reuben", "Louie", "Harrison", "Ellis"};
static const char *const women_mid[] = {"Sarah", "Emma", "Claire", "Laura", "Rebecca", "Gemma", "Kelly", "Rachel", "Lisa", "Victoria", "Stacey", "Leanne", "Katie",
					"Amy", "Hannah", "Natalie", "Danielle", "Michelle", "Joanne", "Nicola", "Samantha", "Louise", "Donna", "Kerry", "Zoe"};
static const char *const men_mid[] = {"David", "Paul", "Mark", "Andrew", "Lee", "Christopher", "Daniel", "James", "Matthew", "Craig", "Ryan", "Adam", "Stephen",
				      "Michael", "Simon", "Robert", "Wayne", "Darren", "Scott", "Ben", "Thomas", "Luke", "Gareth", "Shaun", "Carl"};
static const char *const women_old[] = {"Margaret", "Jean", "Mary", "Joan", "Patricia", "Sheila", "Barbara", "Dorothy", "Maureen", "Brenda", "Sylvia", "Pauline", "Ann", "Christine", "Valerie"};
static const char *const men_old[] = {"John", "Peter", "Brian", "Alan", "Roy", "Derek", "Kenneth", "Raymond", "Dennis", "Ronald", "Geoffrey", "Keith", "Trevor", "Eric", "Malcolm"};
static const char *const girls_pakistani[] = {"Aisha", "Fatima", "Zainab", "Maryam", "Hafsa", "Amina", "Iqra", "Sana", "Khadija", "Noor", "Alishba", "Hira", "Mahnoor", "Sumaiya", "Rabia"};
static const char *const boys_pakistani[] = {"Muhammad", "Mohammed", "Mohammad", "Ali", "Hassan", "Hussain", "Ibrahim", "Yusuf", "Hamza", "Bilal", "Umar", "Zain", "Ahmed", "Imran", "Adeel"};
static const char *const girls_indian[] = {"Simran", "Priya", "Jasmine", "Anika", "Harpreet", "Manpreet", "Kiran", "Asha", "Diya", "Riya", "Gurleen", "Navneet", "Meera", "Sunita", "Neha"};
static const char *const boys_indian[] = {"Arjun", "Harjit", "Gurpreet", "Jaspal", "Amar", "Rohan", "Dev", "Manjit", "Karan", "Sukhdeep", "Ravi", "Aarav", "Nikhil", "Balraj", "Tejpal"};
static const char *const girls_black[] = {"Abena", "Precious", "Blessing", "Naomi", "Grace", "Hana", "Ama", "Chanel", "Imani", "Esther", "Keisha", "Adaeze", "Selam", "Tiana", "Faith"};
static const char *const boys_black[] = {"Kofi", "Emmanuel", "Joshua", "Samuel", "Kwame", "Tendai", "Daniel", "Malachi", "Elijah", "Abel", "Tyrone", "Chidi", "Isaiah", "Yonas", "David"};
static const char *const girls_other[] = {"Zuzanna", "Maja", "Julia", "Oliwia", "Gabriela", "Elena", "Viktoria", "Emilia", "Hanna", "Roza", "Mei", "Linh", "Yasmin", "Dilan", "Nastja"};
static const char *const boys_other[] = {"Jakub", "Filip", "Szymon", "Mateusz", "Adrian", "Luka", "Kacper", "Marek", "Andrei", "Ivan", "Wei", "Minh", "Omar", "Baran", "Tomas"};

static const char *const family_british[] = {"Smith", "Jones", "Taylor", "Brown", "Wilson", "Johnson", "Walker", "Wright", "Robinson", "Thompson", "White", "Hughes", "Edwards", "Green", "Hall",
					     "Wood", "Harris", "Lewis", "Martin", "Jackson", "Clarke", "Clark", "Turner", "Hill", "Cooper", "Ward", "Moore", "Morris", "King", "Watson",
					     "Baker", "Harrison", "Morgan", "Allen", "Bailey", "Bennett", "Cook", "Shaw", "Mitchell", "Carter", "Parker", "Bell", "Richardson", "Marshall",
					     "Collins", "Webster", "Fletcher", "Barker", "Holmes", "Booth", "Gibson", "Hewitt", "Sharpe", "Slater", "Orme", "Radford", "Wheeldon", "Spencer"};
static const char *const family_pakistani[] = {"Khan", "Hussain", "Ahmed", "Ali", "Mahmood", "Akhtar", "Iqbal", "Malik", "Begum", "Bibi", "Shah", "Mirza", "Rashid", "Butt", "Aslam"};
static const char *const family_indian[] = {"Singh", "Kaur", "Patel", "Sharma", "Gill", "Dhillon", "Sandhu", "Johal", "Bains", "Kumar", "Shah", "Mistry", "Sidhu", "Grewal", "Rai"};
static const char *const family_black[] = {"Mensah", "Williams", "Campbell", "Okafor", "Adeyemi", "Moyo", "Ndlovu", "Osei", "Boateng", "Grant", "Clarke", "Tesfaye", "Abebe", "Bailey", "Brown"};
static const char *const family_other[] = {"Kowalska", "Nowak", "Wojcik", "Lewandowski", "Kaminski", "Petrov", "Novak", "Horvath", "Nguyen", "Chen", "Wong", "Yilmaz", "Rashed", "Silva", "Popescu"};

static const struct list families[ETHNIC__COUNT] = {LIST(family_british), LIST(family_other), LIST(family_pakistani), LIST(family_indian),
						    LIST(family_black),	  LIST(family_british), LIST(family_other)};
static const struct list girls[ETHNIC__COUNT] = {LIST(girls_new),   LIST(girls_other), LIST(girls_pakistani), LIST(girls_indian),
						 LIST(girls_black), LIST(girls_new),   LIST(girls_other)};
static const struct list boys[ETHNIC__COUNT] = {LIST(boys_new), LIST(boys_other), LIST(boys_pakistani), LIST(boys_indian), LIST(boys_black), LIST(boys_new), LIST(boys_other)};
static const struct list women_by_era[] = {LIST(women_old), LIST(women_mid)};
static const struct list men_by_era[] = {LIST(men_old), LIST(men_mid)};

/* Earlier names are commoner: the square of an even draw leans to the front. */
static const char *pick(struct list l, uint64_t draw)
{
	double u = (double)(draw >> 11) / 9007199254740992.0;
	return l.names[(size_t)(u * u * (double)l.n)];
}

const char *name_given(enum ethnic e, bool female, int born_year, uint64_t draw)
{
	bool british = e == ETHNIC_WHITE_BRITISH || e == ETHNIC_MIXED;
	if (british && born_year < 1995) {
		size_t era = born_year >= 1960;
		return pick(female ? women_by_era[era] : men_by_era[era], draw);
	}
	return pick(female ? girls[e] : boys[e], draw);
}

const char *name_family(enum ethnic e, uint64_t draw)
{
	return pick(families[e], draw);
}

static const char *const streets[] = {"Example", "Sample", "Model", "Pattern", "Specimen", "Dummy", "Placeholder", "Fable", "Fiction", "Invented", "Imaginary", "Madeup",
				      "Alderfable", "Beechfable", "Cedarfable", "Elmfable", "Hawthornfable", "Lindenfable", "Mapelfable", "Oakfable", "Rowanfable", "Willowfable"};
static const char *const street_kinds[] = {"Road", "Street", "Avenue", "Close", "Lane", "Court", "Drive", "Way", "Crescent", "Terrace", "Grove", "Place"};

const char *name_street(uint64_t draw)
{
	return streets[draw % (sizeof streets / sizeof *streets)];
}

const char *name_street_kind(uint64_t draw)
{
	return street_kinds[draw % (sizeof street_kinds / sizeof *street_kinds)];
}
