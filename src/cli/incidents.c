/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/incidents.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/infile.h"

#define VARIABLE "HOLDFAST_INCIDENTS"
#define SUFFIX   ".yaml"

/* Where the folder is, seen from the folder of this program: installed, and built. */
static const char *const places[] = {
        "/../share/holdfast/incidents", "/../../../examples/incidents"};
#define PLACES (sizeof(places) / sizeof(places[0]))

static bool is_folder(const char *path)
{
	return access(path, R_OK | X_OK) == 0;
}

static enum hf_err find_folder(struct hf_diag *diag, char folder[static PATH_MAX])
{
	const char *given = getenv(VARIABLE);
	char program[PATH_MAX / 2];
	if (given != NULL && *given != '\0') {
		if (snprintf(folder, PATH_MAX, "%s", given) >= PATH_MAX || !is_folder(folder))
			return hf_fail(diag, HF_ERR_NOTFOUND,
			        VARIABLE " names no folder that can be read; correct it");
		return HF_OK;
	}
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (len > 0) {
		program[len] = '\0';
		char *slash = strrchr(program, '/');
		if (slash != NULL)
			*slash = '\0';
		for (size_t i = 0; i < PLACES; i++) {
			snprintf(folder, PATH_MAX, "%s%s", program, places[i]);
			if (is_folder(folder))
				return HF_OK;
		}
	}
	return hf_fail(diag, HF_ERR_NOTFOUND,
	        "the folder of known outages is not there; install Holdfast whole, or set " VARIABLE
	        " to the folder");
}

static enum hf_err read_file(const char *path, const struct hf_scenario_setting *settings,
        size_t setting_count, struct hf_diag *diag, struct hf_scenario **ret_scenario)
{
	char *text = NULL;
	size_t len = 0;
	enum hf_err err = hf_file_read(path, HF_SCENARIO_BYTES, diag, &text, &len);
	if (err != HF_OK)
		return err;
	err = hf_scenario_parse(path, text, len, settings, setting_count, diag, ret_scenario);
	free(text);
	return err;
}

/* The file of an incident in the folder. A word that could lead out of it is none. */
static bool has_form(const char *word)
{
	return word[0] != '\0' &&
	       word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

enum hf_err hf_incident_read(const char *word, const struct hf_scenario_setting *settings,
        size_t setting_count, struct hf_diag *diag, struct hf_scenario **ret_scenario)
{
	char folder[PATH_MAX], path[PATH_MAX + NAME_MAX];
	if (!has_form(word))
		return read_file(word, settings, setting_count, diag, ret_scenario);
	if (strlen(word) + strlen(SUFFIX) < NAME_MAX) {
		enum hf_err err = find_folder(diag, folder);
		if (err != HF_OK)
			return err;
		snprintf(path, sizeof(path), "%s/%s" SUFFIX, folder, word);
		if (access(path, F_OK) == 0)
			return read_file(path, settings, setting_count, diag, ret_scenario);
	}
	return hf_fail(diag, HF_ERR_NOTFOUND,
	        "there is no known outage \"%s\"; `holdfast replay --list` has their names, and a "
	        "file of your own needs a path with a dot or a slash",
	        word);
}

/* ---- All of them ---- */

void hf_incidents_done(struct hf_incidents *incidents)
{
	for (size_t i = 0; i < incidents->count; i++)
		hf_scenario_free(incidents->list[i]);
	free(incidents->list);
	*incidents = (struct hf_incidents){.count = 0};
}

static int is_scenario(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	return entry->d_name[0] != '.' && len > strlen(SUFFIX) &&
	       strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) == 0;
}

static int by_date(const void *a, const void *b)
{
	const struct hf_scenario *first = *(struct hf_scenario *const *)a;
	const struct hf_scenario *second = *(struct hf_scenario *const *)b;
	int order = strcmp(first->date, second->date);
	return order != 0 ? order : strcmp(first->id, second->id);
}

static enum hf_err read_all(const char *folder, struct dirent **entries, size_t count,
        struct hf_diag *diag, struct hf_incidents *incidents)
{
	enum hf_err err = HF_OK;
	incidents->list = calloc(count > 0 ? count : 1, sizeof(*incidents->list));
	if (incidents->list == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; err == HF_OK && i < count; i++) {
		char path[PATH_MAX + NAME_MAX + 1];
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		err = read_file(path, NULL, 0, diag, &incidents->list[incidents->count]);
		incidents->count += err == HF_OK;
	}
	qsort(incidents->list, incidents->count, sizeof(struct hf_scenario *), by_date);
	return err;
}

enum hf_err hf_incidents_read(struct hf_diag *diag, struct hf_incidents *ret_incidents)
{
	char folder[PATH_MAX];
	struct dirent **entries = NULL;
	struct hf_incidents incidents = {.count = 0};
	enum hf_err err = find_folder(diag, folder);
	if (err != HF_OK)
		return err;
	int count = scandir(folder, &entries, is_scenario, alphasort);
	if (count < 0)
		return hf_fail(
		        diag, HF_ERR_IO, "cannot read the folder %s: %s", folder, strerror(errno));
	err = read_all(folder, entries, (size_t)count, diag, &incidents);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	if (err == HF_OK)
		*ret_incidents = incidents;
	else
		hf_incidents_done(&incidents);
	return err;
}
