-- +goose NO TRANSACTION
-- Whom and what the reports of providers are about. Each statement may be run again.

-- +goose Up
drop index concurrently if exists messages_by_provider_id;
create index concurrently messages_by_provider_id on messages (provider_id) where provider_id <> '';
drop index concurrently if exists profiles_phone;
create index concurrently profiles_phone on profiles (regexp_replace(attributes ->> 'phone', '[^+0-9]', '', 'g')) where attributes ? 'phone';

-- +goose Down
drop index concurrently if exists profiles_phone;
drop index concurrently if exists messages_by_provider_id;
