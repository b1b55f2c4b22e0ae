// SPDX-License-Identifier: MIT
/* The wall clock: MC146818 and its descendants, in the CMOS. */
#include <arch/machine.h>

#include <arch/cpu.h>
#include <arch/platform_priv.h>
#include <lib/string.h>

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71

enum { SEC, MIN, HOUR, DAY, MONTH, YEAR, CENTURY, NR_FIELDS };
static const uint8_t index_of[NR_FIELDS] = { 0, 2, 4, 7, 8, 9, 0 };

#define STATUS_A 10
#define UPDATING 0x80
#define STATUS_B 11
#define BINARY	 0x04
#define HOURS_24 0x02
#define PM	 0x80

static uint8_t cmos_read(uint8_t index)
{
	outb(CMOS_INDEX, index | 0x80); /* NMI stays off at the chip */
	return inb(CMOS_DATA);
}

static void read_fields(uint8_t *v)
{
	uint64_t end = read_tsc() + ns_to_tsc(3000000);

	/* An update takes 2 ms at most. */
	while ((cmos_read(STATUS_A) & UPDATING) && read_tsc() < end)
		cpu_relax();
	for (int i = 0; i < NR_FIELDS; i++)
		v[i] = cmos_read(index_of[i]);
	v[CENTURY] = 0;
	if (acpi_fixed.century_index)
		v[CENTURY] = cmos_read(acpi_fixed.century_index);
}

static unsigned int from_bcd(uint8_t v)
{
	return (v >> 4) * 10 + (v & 15);
}

/* Days from 1 March 0000 on, so that a leap day is a year's last. */
static uint64_t days_since_1970(unsigned int y, unsigned int m, unsigned int d)
{
	if (m <= 2) {
		y--;
		m += 12;
	}
	return 365UL * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 +
	       d - 1 - 719468;
}

uint64_t rtc_read(void)
{
	uint8_t v[NR_FIELDS], again[NR_FIELDS], status;
	unsigned int f[NR_FIELDS], year;
	bool pm;

	read_fields(v);
	for (int i = 0; i < 5; i++) {
		read_fields(again);
		if (memcmp(v, again, sizeof(v)) == 0)
			break;
		memcpy(v, again, sizeof(v));
	}
	status = cmos_read(STATUS_B);
	pm = !(status & HOURS_24) && (v[HOUR] & PM);
	if (!(status & HOURS_24))
		v[HOUR] &= ~PM;
	for (int i = 0; i < NR_FIELDS; i++)
		f[i] = status & BINARY ? v[i] : from_bcd(v[i]);
	if (!(status & HOURS_24))
		f[HOUR] = f[HOUR] % 12 + (pm ? 12 : 0);
	if (f[CENTURY] < 19 || f[CENTURY] > 29)
		f[CENTURY] = 20;
	year = f[CENTURY] * 100 + f[YEAR];
	/* No such chip: everything reads as 0xff. */
	if (f[MONTH] < 1 || f[MONTH] > 12 || f[DAY] < 1 || f[DAY] > 31 ||
	    f[HOUR] > 23 || f[MIN] > 59 || f[SEC] > 60 || year < 1970)
		return 0;
	return days_since_1970(year, f[MONTH], f[DAY]) * 86400 +
	       f[HOUR] * 3600 + f[MIN] * 60 + f[SEC];
}
