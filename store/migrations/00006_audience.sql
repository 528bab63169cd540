-- What rules mean, for statements over many profiles: package rules writes calls of these functions. They say what its
-- evaluation says: what is absent, or of another kind, is null, and no value whatever raises an error. Functions of one
-- expression are written into the statement by the planner; the longer ones are for rare or costly things.

-- +goose Up
create schema rules;

-- The time zones that Postgres and Mixtape both know; Migrate fills it.
create table time_zones (name text primary key);

create function rules.text(value jsonb) returns text language sql immutable parallel safe
    return case when jsonb_typeof(value) = 'string' then value #>> '{}' end;

-- What an index bears. To ask that it is not null hides no row from the planner, as it takes nearly all for such.
create function rules.short(value text) returns text language sql immutable parallel safe
    return case when octet_length(value) < 1000 then value end;

create function rules.number(value jsonb) returns numeric language sql immutable parallel safe
    return case when jsonb_typeof(value) = 'number' then value::numeric end;

create function rules.bool(value jsonb) returns boolean language sql immutable parallel safe
    return case when jsonb_typeof(value) = 'boolean' then value::boolean end;

create function rules.list(value jsonb) returns jsonb language sql immutable parallel safe
    return case when jsonb_typeof(value) = 'array' then value end;

-- What a loop goes over: the elements of a list, the keys of a map.
create function rules.elements(value jsonb) returns jsonb language sql immutable parallel safe
    return case jsonb_typeof(value) when 'array' then value when 'object' then
        (select coalesce(jsonb_agg(k order by k collate "C"), '[]') from jsonb_object_keys(value) k) end;

create function rules.type(value jsonb) returns text language sql immutable parallel safe
    return case jsonb_typeof(value) when 'number' then 'double' when 'boolean' then 'bool' when 'array' then 'list'
        when 'object' then 'map' when 'string' then 'string' end;

create function rules.size(value jsonb) returns integer language sql immutable parallel safe
    return case jsonb_typeof(value) when 'array' then jsonb_array_length(value) when 'string' then length(value #>> '{}')
        when 'object' then (select count(*) from jsonb_object_keys(value))::integer end;

-- How two values of one kind are ordered.
create function rules.compare(a jsonb, b jsonb) returns integer language sql immutable parallel safe
    return case when jsonb_typeof(a) is distinct from jsonb_typeof(b) then null
        when jsonb_typeof(a) = 'number' then sign(a::numeric - b::numeric)::integer
        when jsonb_typeof(a) = 'string' then
            case when (a #>> '{}') collate "C" < (b #>> '{}') then -1 when a = b then 0 else 1 end
        when jsonb_typeof(a) = 'boolean' then a::boolean::integer - b::boolean::integer end;

-- An element of a list by its place, or a value of a map by its key.
create function rules.item(value jsonb, key jsonb) returns jsonb language sql immutable parallel safe
    return case when jsonb_typeof(key) = 'string' and jsonb_typeof(value) = 'object' then value -> (key #>> '{}')
        when jsonb_typeof(key) = 'number' and jsonb_typeof(value) = 'array' then
            case when key::numeric >= 0 and key::numeric < jsonb_array_length(value) and key::numeric = trunc(key::numeric)
                then value -> key::integer end end;

create function rules.has_element(value jsonb, list jsonb) returns boolean language sql immutable parallel safe
    return exists (select from jsonb_array_elements(list) e where e.value = has_element.value);

create function rules.member(value jsonb, list jsonb) returns boolean language sql immutable parallel safe
    return case jsonb_typeof(list)
        when 'array' then case when jsonb_typeof(value) in ('string', 'number', 'boolean') then list @> value
            when jsonb_typeof(value) in ('array', 'object') then rules.has_element(value, list) end
        when 'object' then jsonb_typeof(value) = 'string' and list -> (value #>> '{}') <> 'null' end;

create function rules.map(keys text[], vals jsonb[]) returns jsonb language sql immutable parallel safe
    return (select coalesce(jsonb_object_agg(e.k, e.v order by e.place) filter (where e.k is not null), '{}')
        from unnest(keys, vals) with ordinality e(k, v, place));

-- Numbers. A numeric is a number as it is written; what is computed is double precision.

create function rules.exact(value double precision) returns numeric language sql immutable parallel safe
    return value::text::numeric;

-- The bounds lie half way to what double precision cannot hold any more, and to nothing.
create function rules.double(value numeric) returns double precision language sql immutable parallel safe
    return case when abs(value) >= 179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904174497792 then null
        when abs(value) < 2.48e-324 then 0 else value::double precision end;

-- +goose StatementBegin
create function rules.scaled(value double precision, exponent integer) returns double precision language plpgsql immutable parallel safe strict as $$
declare
    far constant double precision := power(2::double precision, 512);
begin
    while exponent > 0 loop
        if abs(value) >= far then
            return null;
        end if;
        value := value * far;
        exponent := exponent - 512;
    end loop;
    while exponent < 0 loop
        if abs(value) < power(2::double precision, -510) then
            return 0;
        end if;
        value := value / far;
        exponent := exponent + 512;
    end loop;
    return value;
end $$;
-- +goose StatementEnd

-- A product or quotient of numbers so far from 1 that Postgres might refuse it: they are brought near first.
-- +goose StatementBegin
create function rules.far(a double precision, b double precision, divide boolean) returns double precision language plpgsql immutable parallel safe strict as $$
declare
    far constant double precision := power(2::double precision, 512);
    high constant double precision := power(2::double precision, 256);
    low constant double precision := power(2::double precision, -256);
    exponent integer := 0;
    step integer := case when divide then -512 else 512 end;
begin
    if a = 0 or b = 0 then
        return case when divide and b = 0 then null else 0 end;
    end if;
    while abs(a) >= high loop a := a / far; exponent := exponent + 512; end loop;
    while abs(a) < low loop a := a * far; exponent := exponent - 512; end loop;
    while abs(b) >= high loop b := b / far; exponent := exponent + step; end loop;
    while abs(b) < low loop b := b * far; exponent := exponent - step; end loop;
    return rules.scaled(case when divide then a / b else a * b end, exponent);
end $$;
-- +goose StatementEnd

create function rules.times(a double precision, b double precision) returns double precision language sql immutable parallel safe
    return case when (a = 0 or abs(a) between 1e-150 and 1e150) and (b = 0 or abs(b) between 1e-150 and 1e150) then a * b
        else rules.far(a, b, false) end;

create function rules.divided(a double precision, b double precision) returns double precision language sql immutable parallel safe
    return case when (a = 0 or abs(a) between 1e-150 and 1e150) and abs(b) between 1e-150 and 1e150 then a / b
        else rules.far(a, b, true) end;

-- A sum that Postgres might refuse, in halves; what is nothing beside the other is left out.
create function rules.far_sum(a double precision, b double precision) returns double precision language sql immutable parallel safe
    return case when abs(a) < 1e200 then b when abs(b) < 1e200 then a
        when abs(a / 2 + b / 2) < power(2::double precision, 1023) then a + b end;

create function rules.plus(a double precision, b double precision) returns double precision language sql immutable parallel safe
    return case when abs(a) < 1e300 and abs(b) < 1e300 then a + b else rules.far_sum(a, b) end;

create function rules.plus(a jsonb, b jsonb) returns jsonb language sql stable parallel safe
    return case when jsonb_typeof(a) is distinct from jsonb_typeof(b) then null
        when jsonb_typeof(a) = 'number' then to_jsonb(rules.plus(a::double precision, b::double precision))
        when jsonb_typeof(a) = 'string' then to_jsonb((a #>> '{}') || (b #>> '{}'))
        when jsonb_typeof(a) = 'array' then a || b end;

create function rules.remainder(a numeric, b numeric) returns double precision language sql immutable parallel safe
    return case when b <> 0 then rules.double(mod(a, b)) end;

-- Dates and lengths of time. Lengths have months beside seconds.

-- The first instant at which the clocks of a zone show a time; the end of the gap where they skip it.
-- +goose StatementBegin
create function rules.place(wall timestamp, zone text) returns timestamptz language plpgsql immutable parallel safe strict as $$
declare
    utc constant timestamptz := wall at time zone 'UTC';
    earlier constant interval := ((utc - interval '1 day') at time zone zone) - (wall - interval '1 day');
    later constant interval := ((utc + interval '1 day') at time zone zone) - (wall + interval '1 day');
    low timestamptz;
    high timestamptz;
    middle timestamptz;
begin
    if (utc - earlier) at time zone zone = wall then
        return utc - earlier;
    end if;
    if (utc - later) at time zone zone = wall then
        return utc - later;
    end if;
    low := date_trunc('second', utc - later);
    high := date_trunc('second', utc - earlier) + interval '1 second';
    while high - low > interval '1 second' loop
        middle := low + floor(extract(epoch from high - low) / 2) * interval '1 second';
        if (middle at time zone zone) - (middle at time zone 'UTC') = earlier then
            low := middle;
        else
            high := middle;
        end if;
    end loop;
    return high;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function rules.after(at timestamptz, length interval, zone text) returns timestamptz language plpgsql immutable parallel safe strict as $$
declare
    months constant integer := extract(year from length) * 12 + extract(month from length);
    rest constant interval := length - make_interval(months => months);
    wall timestamp;
    seconds numeric;
begin
    if months <> 0 then
        wall := at at time zone zone;
        if extract(year from wall) + months / 12 not between -4000 and 30000 then
            return null;
        end if;
        at := rules.place(wall + make_interval(months => months), zone);
    end if;
    seconds := extract(epoch from at) + extract(epoch from rest);
    if seconds < -62135596800 or seconds >= 253402300800 then
        return null;
    end if;
    return (at at time zone 'UTC' + rest) at time zone 'UTC';
end $$;
-- +goose StatementEnd

create function rules.span(length interval) returns interval language sql immutable parallel safe
    return case when length between interval '-3652500 days' and interval '3652500 days' then length end;

create function rules.microseconds(length interval) returns numeric language sql immutable parallel safe
    return extract(epoch from length - make_interval(months => (extract(year from length) * 12 + extract(month from length))::integer)) * 1000000
        + (extract(year from length) * 12 + extract(month from length)) * 2592000000000;

create function rules.seconds(length interval) returns double precision language sql immutable parallel safe
    return rules.microseconds(length)::double precision / 1e6;

create function rules.seconds(at timestamptz) returns double precision language sql immutable parallel safe
    return (extract(epoch from at) * 1000000)::double precision / 1e6;

-- A zone by its IANA name or, as CEL has it, as an offset.
create function rules.zone(name text) returns text language sql stable parallel safe
    return case when exists (select from time_zones z where z.name = zone.name) then name
        when name ~ '^[+-]?(0[0-9]|1[0-4]):[0-5][0-9]$' then name end;

create function rules.local(at timestamptz, zone text) returns timestamp language sql immutable parallel safe
    return case when zone ~ '^[+-]?[0-9][0-9]:' then at at time zone zone::interval else at at time zone zone end;

-- A value beside a timestamp, read as a date as callers send them.
-- +goose StatementBegin
create function rules.any_date(value jsonb, zone text) returns timestamptz language plpgsql immutable parallel safe strict as $$
declare
    words text;
    number double precision;
    micros double precision;
    parts text[];
    year integer;
    month integer;
    day integer;
    wall timestamp;
    hours integer;
    minutes integer;
    at timestamptz;
begin
    case jsonb_typeof(value)
    when 'number' then
        number := value::double precision;
    when 'string' then
        words := rules.trim(value #>> '{}');
        if words ~ '^[0-9]{1,18}$' then
            number := words::double precision;
        end if;
    else
        return null;
    end case;
    if number is not null then
        if abs(number) > 1e18 then
            return null;
        end if;
        micros := case when abs(number) >= 1e11 then number * 1e3 else number * 1e6 end;
        micros := case when abs(micros - trunc(micros)) >= 0.5 then trunc(micros) + sign(micros) else trunc(micros) end;
        if micros < -62135596800000000 or micros >= 253402300800000000 then
            return null;
        end if;
        at := to_timestamp((micros::bigint / 1000000)::double precision) + (micros::bigint % 1000000) * interval '1 microsecond';
    else
        parts := regexp_match(words,
            '^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,6})[0-9]*)?)? ?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$');
        if parts is null then
            return null;
        end if;
        year := parts[1];
        month := parts[2];
        day := parts[3];
        if month not between 1 and 12 or parts[4] > '23' or parts[5] > '59' or parts[6] > '59' then
            return null;
        end if;
        year := case when year = 0 then -1 else year end;
        if day < 1 or day > extract(day from make_date(year, month, 1) + interval '1 month - 1 day') then
            return null;
        end if;
        wall := make_timestamp(year, month, day, coalesce(parts[4], '0')::integer, coalesce(parts[5], '0')::integer, coalesce(parts[6], '0')::integer)
            + rpad(coalesce(parts[7], ''), 6, '0')::integer * interval '1 microsecond';
        if parts[8] is null then
            at := rules.place(wall, zone);
        elsif parts[8] in ('Z', 'z') then
            at := wall at time zone 'UTC';
        else
            hours := substr(parts[8], 2, 2);
            minutes := coalesce(nullif(replace(substr(parts[8], 4), ':', ''), ''), '0')::integer;
            if hours > 23 or minutes > 59 then
                return null;
            end if;
            at := (wall - make_interval(hours => hours, mins => minutes) * (case when left(parts[8], 1) = '-' then -1 else 1 end)) at time zone 'UTC';
        end if;
        if at < timestamptz '0001-01-01 00:00:00+00' or at >= timestamptz '10000-01-01 00:00:00+00' then
            return null;
        end if;
    end if;
    if extract(year from at at time zone zone) not between 1 and 9999 then
        return null;
    end if;
    return at;
end $$;
-- +goose StatementEnd

-- The same; most dates are of this form, and of days that every month has.
create function rules.date(value jsonb, zone text) returns timestamptz language sql stable parallel safe
    return case when value #>> '{}' ~ '^[12][0-9]{3}-(0[1-9]|1[0-2])-([01][1-9]|10|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?Z$'
        then (value #>> '{}')::timestamptz else rules.any_date(value, zone) end;

-- Values as text, and text as values.

create function rules.trim(value text) returns text language sql immutable parallel safe
    return btrim(value, E' \t\n\x0B\f\r\u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000');

create function rules.number_text(value double precision) returns text language sql immutable parallel safe
    return case when value = 0 then '0' when abs(value) < 1e21 then value::text::numeric::text else value::text end;

create function rules.date_text(at timestamptz) returns text language sql immutable parallel safe
    return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || rtrim(rtrim(to_char(at at time zone 'UTC', '.US'), '0'), '.') || 'Z';

create function rules.span_text(length interval) returns text language sql immutable parallel safe
    return rules.number_text(rules.seconds(length)) || 's';

create function rules.string(value jsonb) returns text language sql immutable parallel safe
    return case jsonb_typeof(value) when 'string' then value #>> '{}' when 'number' then rules.number_text(value::double precision)
        when 'boolean' then value #>> '{}' end;

-- What a row of a catalog is found by.
create function rules.key(value jsonb) returns text language sql immutable parallel safe
    return case jsonb_typeof(value) when 'string' then value #>> '{}' when 'number' then rules.number_text(value::double precision) end;

create function rules.digits(value double precision) returns text language sql immutable parallel safe
    return case when value = trunc(value) and value >= -9223372036854775808 and value < 9223372036854775808 then value::bigint::text end;

-- +goose StatementBegin
create function rules.to_number(value jsonb) returns double precision language plpgsql immutable parallel safe strict as $$
declare
    words text;
    parts text[];
    exponent text;
begin
    if jsonb_typeof(value) = 'number' then
        return value::double precision;
    elsif jsonb_typeof(value) <> 'string' then
        return null;
    end if;
    words := value #>> '{}';
    parts := regexp_match(words, '^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([+-]?)0*([0-9]*))?$');
    if parts is null or octet_length(words) > 64 or words ~ '[eE][+-]?$' then
        return null;
    end if;
    exponent := coalesce(nullif(parts[3], ''), '0');
    if length(exponent) > 3 then -- far beyond what either could hold, unless all digits before it are 0
        return case when parts[2] = '-' or parts[1]::numeric = 0 then 0 end;
    end if;
    return rules.double(parts[1]::numeric * power(10::numeric, ((coalesce(parts[2], '') || exponent)::numeric)));
end $$;
-- +goose StatementEnd

create function rules.whole(value double precision, low double precision) returns double precision language sql immutable parallel safe
    return case when value >= low and value <= 9223372036854775808 then trunc(value) end;

create function rules.whole(value jsonb, low double precision) returns double precision language sql immutable parallel safe
    return case jsonb_typeof(value) when 'number' then rules.whole(value::double precision, low)
        when 'string' then case when (value #>> '{}') ~ '^[+-]?0*[0-9]{1,19}$' then
            case when (value #>> '{}')::numeric between -9223372036854775808 and 9223372036854775807
                and (value #>> '{}')::double precision >= low then (value #>> '{}')::double precision end end end;

create function rules.to_bool(value jsonb) returns boolean language sql immutable parallel safe
    return case when jsonb_typeof(value) = 'boolean' then value::boolean
        when value in ('"true"', '"True"', '"TRUE"', '"t"', '"1"') then true
        when value in ('"false"', '"False"', '"FALSE"', '"f"', '"0"') then false end;

-- Text. Places count characters from 0.

create function rules.ends_with(value text, part text) returns boolean language sql immutable parallel safe
    return right(value, length(part)) = part;

create function rules.char_at(value text, place numeric) returns text language sql immutable parallel safe
    return case when place between 0 and length(value) and place = trunc(place) then substr(value, place::integer + 1, 1) end;

create function rules.substring(value text, low numeric, high numeric) returns text language sql immutable parallel safe
    return case when low between 0 and high and high <= length(value) and low = trunc(low) and high = trunc(high)
        then substr(value, low::integer + 1, (high - low)::integer) end;

create function rules.substring(value text, low numeric) returns text language sql immutable parallel safe
    return rules.substring(value, low, length(value)::numeric);

create function rules.index_of(value text, part text, low numeric) returns integer language sql immutable parallel safe
    return case when low between 0 and length(value) and low = trunc(low) then
        case when strpos(substr(value, low::integer + 1), part) = 0 then -1
            else strpos(substr(value, low::integer + 1), part) - 1 + low::integer end end;

create function rules.index_of(value text, part text) returns integer language sql immutable parallel safe
    return strpos(value, part) - 1;

create function rules.last_index_of(value text, part text, high numeric) returns integer language sql immutable parallel safe
    return case when high between 0 and length(value) and high = trunc(high) then
        case when strpos(reverse(left(value, high::integer + length(part))), reverse(part)) = 0 then -1
            else length(left(value, high::integer + length(part))) - length(part)
                - strpos(reverse(left(value, high::integer + length(part))), reverse(part)) + 1 end end;

create function rules.last_index_of(value text, part text) returns integer language sql immutable parallel safe
    return rules.last_index_of(value, part, length(value)::numeric);

create function rules.lower_ascii(value text) returns text language sql immutable parallel safe
    return translate(value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');

create function rules.upper_ascii(value text) returns text language sql immutable parallel safe
    return translate(value, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');

create function rules.reversed(value text) returns text language sql immutable parallel safe return reverse(value);

-- +goose StatementBegin
create function rules.replace(value text, old text, new text, times numeric) returns text language plpgsql immutable parallel safe strict as $$
declare
    result text := '';
    done integer := 0;
    at integer;
begin
    if times <> trunc(times) or times not between -9223372036854775808 and 9223372036854775807 then
        return null;
    end if;
    while times < 0 or done < times loop
        if old = '' then -- before every character; at the end too
            if done > 0 then
                exit when value = '';
                result := result || left(value, 1);
                value := substr(value, 2);
            end if;
        else
            at := strpos(value, old);
            exit when at = 0;
            result := result || left(value, at - 1);
            value := substr(value, at + length(old));
        end if;
        result := result || new;
        done := done + 1;
    end loop;
    return result || value;
end $$;
-- +goose StatementEnd

create function rules.replace(value text, old text, new text) returns text language sql immutable parallel safe
    return rules.replace(value, old, new, -1);

-- +goose StatementBegin
create function rules.split(value text, by text, most numeric) returns jsonb language plpgsql immutable parallel safe strict as $$
declare
    parts text[] := '{}';
    at integer;
begin
    if most <> trunc(most) or most not between -9223372036854775808 and 9223372036854775807 then
        return null;
    end if;
    if most = 0 or by = '' and value = '' then
        return '[]';
    end if;
    while most < 0 or cardinality(parts) < most - 1 loop
        if by = '' then
            exit when length(value) <= 1;
            parts := parts || left(value, 1);
            value := substr(value, 2);
        else
            at := strpos(value, by);
            exit when at = 0;
            parts := parts || left(value, at - 1);
            value := substr(value, at + length(by));
        end if;
    end loop;
    return to_jsonb(parts || value);
end $$;
-- +goose StatementEnd

create function rules.split(value text, by text) returns jsonb language sql immutable parallel safe
    return rules.split(value, by, -1);

create function rules.joined(list jsonb, delimiter text) returns text language sql immutable parallel safe
    return case when delimiter is not null and jsonb_typeof(list) = 'array' and not exists (select from jsonb_array_elements(list) e where jsonb_typeof(e.value) <> 'string')
        then (select coalesce(string_agg(e.value #>> '{}', delimiter order by e.place), '') from jsonb_array_elements(list) with ordinality e(value, place)) end;

create function rules.quote(value text) returns text language sql immutable parallel safe
    return '"' || replace(replace(replace(replace(replace(replace(replace(replace(replace(value, '\', '\\'), '"', '\"'),
        chr(7), '\a'), chr(8), '\b'), chr(12), '\f'), chr(10), '\n'), chr(13), '\r'), chr(9), '\t'), chr(11), '\v') || '"';

-- +goose Down
drop schema rules cascade;
drop table time_zones;
