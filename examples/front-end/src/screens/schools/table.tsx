// A page of schools. On a phone only the name and the rating have a column.
import type { Schemas } from "../../api/client";
import { Chip } from "../../ui/chip";
import { label } from "../../ui/words";

export function Table({ schools, rated }: { schools: Schemas["School"][]; rated: boolean }) {
  return (
    <table>
      <caption class="hidden">Schools</caption>
      <thead>
        <tr>
          <th scope="col">School</th>
          <th scope="col" class="wide">
            Phase
          </th>
          <th scope="col" class="wide number">
            Pupils
          </th>
          <th scope="col" class="wide">
            Area
          </th>
          {rated && <th scope="col">Support</th>}
        </tr>
      </thead>
      <tbody>
        {schools.map((school) => (
          <tr key={school.id}>
            <th scope="row">
              <a href={`#/schools/${school.id}`}>{school.name}</a>
              <span class="facts">
                {[
                  school.town,
                  school.urn && `URN ${school.urn}`,
                  school.status !== "open" && label(school.status).toLowerCase(),
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </th>
            <td class="wide">{label(school.phase)}</td>
            <td class="wide number">{school.pupils?.toLocaleString("en-GB") ?? "–"}</td>
            <td class="wide">{school.area?.name}</td>
            {rated && (
              <td>{school.rating ? <Chip of={school.rating.colour} /> : <span class="quiet">Not rated</span>}</td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
