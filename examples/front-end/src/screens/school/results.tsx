// The levels of an evaluation by section, as bars beside where similar schools stand.
import type { Schemas } from "../../api/client";
import { Chip } from "../../ui/chip";

const TWO: Intl.NumberFormatOptions = { maximumFractionDigits: 1 };

export function Results({ title, results }: { title: string; results: Schemas["EvaluationResults"] }) {
  return (
    <section aria-labelledby="results">
      <h2 id="results">{title}</h2>
      <p class="facts">
        {results.academic_year} <Chip of={results.status} />
      </p>
      <ul class="rows">
        {results.sections.map((section) => (
          <li key={section.section_id}>
            <div class="row-main">
              {section.title}
              {section.similar && (
                <p class="facts">
                  Similar schools: {section.similar.median.toLocaleString("en-GB", TWO)} in the middle
                </p>
              )}
            </div>
            <span class="level">
              {section.average_level == null ? (
                <span class="quiet">No level</span>
              ) : (
                <>
                  <meter min={0} max={section.levels} value={section.average_level} aria-label={section.title} />
                  {section.average_level.toLocaleString("en-GB", TWO)} of {section.levels}
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
