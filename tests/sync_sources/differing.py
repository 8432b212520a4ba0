"""Makes a folder, or SQL, of another music service's database from the sample: other names, texts as ids, and so on.

    differing.py SAMPLE csv|sql PLACE

SAMPLE is the folder with the sample's `make.py`. The same rows every time.
"""

import csv
import os
import random
import sys
from datetime import timezone


def changed(rng, row):
    """Returns an instant as seconds since 1970, 0 for unknown; some client wrote milliseconds."""
    if row is None:
        return "0"
    seconds = int(row.replace(tzinfo=timezone.utc).timestamp())
    return str(seconds * 1000) if rng.random() < 0.1 else str(seconds)


def flag(rng, value):
    return rng.choice(["Y", "y"]) if value else rng.choice(["N", ""])


def day(value):
    return value.strftime("%d-%b-%Y") if value else ""


def count(rng, value):
    if value is None:
        return rng.choice(["n/k", "-", ""])
    return rng.choice(["%d", "%d ", "%d.0"]) % value


def pounds(rng, value):
    if value is None:
        return rng.choice(["POA", ""])
    value = float(value)
    whole = value == int(value)
    forms = ["{:,.2f}", "£{:,.2f}", "{:.2f}"] + (["£{:,.0f}", "{:.0f}"] if whole else [])
    return rng.choice(forms).format(value)


def padded(value):
    return "" if value is None else str(value).ljust(12)


def typed(rng, text):
    """Returns a code in some case, sometimes padded."""
    return rng.choice([text, text.lower(), text.upper(), text + "   "])


def one_line(row):
    parts = [row.get("line1"), row.get("town"), (row.get("postcode") or "").strip()]
    return ", ".join(part for part in parts if part)


TYPE_CODES = {1: "INST", 2: "WCET", 3: "WCS", 4: "VOC", 5: "ENS", 6: "CURR", 7: "ALLOW", 8: "UKE", 9: "CONT"}
ROLE_CODES = {1: "HT", 2: "HOM", 3: "MCO", 4: "SBM", 5: "FIN", 6: "SEN", 7: "OFF", 8: "HM", 9: "GOV", 10: "DHT"}


def tables(make):
    rng = random.Random(7)
    source = make.database(1)
    contacts = {row["contact_id"]: row for row in source["contact"].values()}
    years = {row["year_id"]: row["label"] for row in source["academic_year"].values()}
    terms = source["term"]
    subjects = {row["subject_id"]: row["name"] for row in source["subject"].values()}
    addresses = {row["contact_id"]: row for row in source["address"].values()}
    out = {}
    out["Organisations"] = [
        {
            "OrgRef": row["contact_id"],
            "Org Name": contacts[row["contact_id"]]["organisation_name"],
            "LAEstab": row["dfe_number"],
            "Full Address": one_line(addresses.get(row["contact_id"], {})),
            "Closed": day(row["closed_on"]),
            "Live": flag(rng, contacts[row["contact_id"]]["is_active"]),
            "Changed": changed(rng, row["modified_at"]),
            "Category": rng.choice(["School", "SCHOOL "]),
        }
        for row in source["school"].values()
    ] + [
        {"OrgRef": row["contact_id"], "Org Name": row["organisation_name"], "Category": "Other"}
        for row in contacts.values()
        if row["kind"] == "O" and not any(s["contact_id"] == row["contact_id"] for s in source["school"].values())
    ]
    out["Individuals"] = [
        {
            "IndRef": row["contact_id"],
            "FullName": " ".join(row[n] for n in ("title", "forename", "surname") if row[n]),
            "Mail": row["email"],
            "Phone": row["telephone"],
            "Live": flag(rng, row["is_active"]),
            "Changed": changed(rng, row["modified_at"]),
        }
        for row in contacts.values()
        if row["kind"] == "I"
    ]
    out["Jobs"] = [
        {
            "JobRef": row["association_id"],
            "IndRef": padded(row["person_contact_id"]),
            "OrgRef": padded(row["organisation_contact_id"]),
            "Role": typed(rng, ROLE_CODES[row["job_role_id"]]),
            "Title": row["job_title"],
            "Main": flag(rng, row["is_primary"]),
            "From": day(row["started_on"]),
            "To": day(row["ended_on"]),
        }
        for row in source["association"].values()
    ]
    out["Sessions"] = [
        {
            "SessRef": row["activity_id"],
            "OrgRef": padded(row["school_id"]),
            "VenueRef": padded(row["centre_id"]),
            "Year": years[row["year_id"]].replace("20", "", 1),
            "Type": typed(rng, TYPE_CODES[row["activity_type_id"]]),
            "Group": row["class_code"],
            "Instrument": subjects.get(row["subject_id"]),
            "Billing": typed(rng, "FAM" if row["tuition"] == "direct" else "SCH"),
            "State": typed(rng, "X" if row["status"] == "cancelled" else "OK"),
            "First": day(row["starts_on"]),
            "Last": day(row["ends_on"]),
            "Changed": changed(rng, row["modified_at"]),
        }
        for row in source["activity"].values()
    ]
    order = sorted(source["activity_headcount"].values(), key=lambda row: (str(row["modified_at"]), row["headcount_id"]))
    revisions = {row["headcount_id"]: str(i) for i, row in enumerate(order, 1)}
    out["Counts"] = [
        {
            "CountRef": row["headcount_id"],
            "SessRef": padded(row["activity_id"]),
            "Term": row["term_id"],
            "Year": years[terms[(row["term_id"],)]["year_id"]].replace("/", "-"),
            "Total": count(rng, row["pupils"]),
            "F": count(rng, row["girls"]),
            "M": count(rng, row["boys"]),
            "Guess": flag(rng, row["is_estimate"]),
            "On": day(row["counted_on"]),
            "Revision": revisions[row["headcount_id"]],
            "Changed": changed(rng, row["modified_at"]),
        }
        for row in source["activity_headcount"].values()
    ]
    out["Agreements"] = [
        {
            "AgrRef": row["contract_id"],
            "Number": row["contract_no"],
            "OrgRef": padded(row["school_id"]),
            "Year": years[row["year_id"]],
            "Product": row["product"],
            "Price": pounds(rng, row["value"]),
            "State": typed(rng, {"signed": "S", "sent": "O", "draft": "D"}.get(row["status"].strip().lower(), "Z")),
            "Signed": day(row["signed_on"]),
            "Ended": day(row["cancelled_on"]),
            "Changed": changed(rng, row["modified_at"]),
        }
        for row in source["school_contract"].values()
    ]
    return out


def text(value):
    return "" if value is None else str(value)


def write_csv(folder, made):
    os.makedirs(folder)
    for name, rows in made.items():
        with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, list(rows[0]), delimiter=";", restval="")
            out.writeheader()
            out.writerows({key: text(value) for key, value in row.items()} for row in rows)


def write_sql(path, made):
    literal = lambda value: "'" + text(value).replace("'", "''") + "'"
    with open(path, "w", encoding="utf-8") as file:
        for name, rows in made.items():
            columns = list(rows[0])
            file.write('CREATE TABLE "%s" (%s);\n' % (name, ", ".join('"%s" TEXT' % column for column in columns)))
            for i in range(0, len(rows), 200):
                lines = ["(" + ", ".join(literal(row.get(c)) for c in columns) + ")" for row in rows[i : i + 200]]
                file.write('INSERT INTO "%s" VALUES\n%s;\n' % (name, ",\n".join(lines)))


def main():
    sample, form, place = sys.argv[1:]
    sys.path.insert(0, sample)
    import make

    {"csv": write_csv, "sql": write_sql}[form](place, tables(make))


main()
